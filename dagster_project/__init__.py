"""Nightjar's orchestration: when and where each stage of a night runs. It holds no rule and no maths."""
