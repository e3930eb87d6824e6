# Waits until the stand-in says that it is at work, as a reader would see in another terminal.
while [ ! -e at-work ]; do sleep 0.05; done
rm at-work
