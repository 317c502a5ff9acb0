"""The microphone of another machine: its sender, its receiver, SSH, and the browser page.

``commands`` has what the command line calls; ``receiver.hub`` is what the app opens. Readers who
only want to know how dictation works can skip this package.
"""
