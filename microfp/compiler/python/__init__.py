"""Programs as Python source, in eager's bits."""
