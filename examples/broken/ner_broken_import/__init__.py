"""Prints, leaves a thread behind, moves elsewhere, and then ends the program that imported it."""

import os
import sys
import threading
import time

sys.stdout.write("printed at import\n")
threading.Thread(target=time.sleep, args=(600,)).start()
os.chdir("/")
os._exit(0)
