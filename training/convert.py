#!/usr/bin/env python3
"""Converts an official FRCRN or DeFTAN-II checkpoint: convert.py last_best_checkpoint.pt -o frcrn.safetensors"""
from limpid_train.convert import main

main()
