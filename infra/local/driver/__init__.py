"""The local stack: an emulator, the deployed template, and a demonstration of the whole lifecycle."""
