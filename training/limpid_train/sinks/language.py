"""Bigram-Backcopy (Guo et al. 2024, arXiv 2410.13835): a language in which a head has to be idle most of the time.

Token 0 begins every sequence. Tokens follow each other by a bigram table, but after one of three triggers comes the
token before the trigger. With `delimiter` the last token is a full stop: after it the sequence starts afresh.
"""
import torch

VOCABULARY, TRIGGERS = 40, (1, 2, 3)
DRAWS = 4096  # resolution of the probabilities


class Language:
    def __init__(self, seed, delimiter=False):
        generator = torch.Generator().manual_seed(seed)
        p = torch.softmax(1.6 * torch.randn(VOCABULARY, VOCABULARY, generator=generator, dtype=torch.float64), -1)
        p[:, 0] = 0
        if delimiter:
            p[:, -1] = 0
        p[:, list(TRIGGERS)] = 0
        p /= p.sum(-1, keepdim=True)
        start = p[0].clone()
        p = 0.8 * p
        p[:, list(TRIGGERS)] += 0.2 / len(TRIGGERS)
        if delimiter:
            p = 0.94 * p
            p[:, -1] += 0.06
            p[-1] = start
        p[0] = start
        self.delimiter = VOCABULARY - 1 if delimiter else None
        self.probabilities = p
        edges = (p.cumsum(-1) * DRAWS).round().long()
        edges[:, -1] = DRAWS
        self.table = torch.searchsorted(edges, torch.arange(DRAWS).expand(VOCABULARY, -1).contiguous(), right=True)

    def draw(self, count, length, generator):
        """[count, length] tokens; column 0 is token 0."""
        random = torch.randint(DRAWS, (length, count), generator=generator)
        tokens = torch.zeros(length, count, dtype=torch.long)
        for t in range(1, length):
            last = tokens[t - 1]
            tokens[t] = self.table[last, random[t]]
            if t > 1:
                tokens[t] = torch.where(is_trigger(last), tokens[t - 2], tokens[t])
        return tokens.T.contiguous()

    def least_loss(self, tokens):
        """Mean over positions of what even the true model does not know, in nats."""
        p = self.probabilities
        entropy = -(p * p.clamp(min=1e-300).log()).sum(-1)
        return torch.where(is_trigger(tokens), 0.0, entropy[tokens]).mean().item()


def is_trigger(tokens):
    return (tokens >= TRIGGERS[0]) & (tokens <= TRIGGERS[-1])
