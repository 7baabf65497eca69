"""What BTR costs, measured: inference alone, and the whole way of a message inside a real Home Assistant.

``python -m benchmarks.inference`` and ``python -m benchmarks.message_path`` print a Markdown table and write a JSON
report. They are no tests: they report whatever they find.
"""
