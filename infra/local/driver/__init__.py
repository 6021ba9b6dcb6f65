"""The local stack: an emulator, the deployed template, and a walk through the model's life."""
