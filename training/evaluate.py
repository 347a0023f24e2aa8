#!/usr/bin/env python3
"""Scores a model, the limpid program or a folder of finished files: evaluate.py --corpus DIR --limpid PROGRAM"""
from limpid_train.evaluate import main

main()
