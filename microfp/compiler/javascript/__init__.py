"""Programs as JavaScript: functions over arrays of numbers, for pages and their workers."""
