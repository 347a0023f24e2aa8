"""The training recipe of limpid's speech enhancement networks."""
