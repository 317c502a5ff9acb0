"""The microphone of another machine: the sending end, the receiving end, SSH and the browser page.

``commands`` has what the command line calls; ``receiver.hub`` is what the app opens. A reader who
wants to know how dictation works can skip this package.
"""
