"""Sixty nights in a closed loop: does the choice come nearer to what somebody who knows the truth would choose?"""
