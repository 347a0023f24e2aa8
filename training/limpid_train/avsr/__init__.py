"""The audio-visual recogniser of spoken digits, see docs/attention.md. models/avsr runs what it exports."""
