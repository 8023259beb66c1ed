"""The commands of `microfp`, one file each: arguments in, lines of text out."""
