"""Programs that use Yandex's own clients; each runs in the environment that has its client.

All take the address of a server, and print what they were told as lines of JSON.
"""
