"""One training step of the one-layer factual-recall transformer in plain PyTorch, on the CPU.

`explicit` works out queries, keys and values of every token of every prompt, by automatic differentiation;
`collapsed` works from counts of tokens and tables over the vocabulary. Both draw fresh prompts and take a
step of Adam. Prints one JSON line for each, on one thread.

`factual_recall.py [--threads T] [--runs K]`
"""

import argparse
import json

import torch

from timing import measure

SIZE, ANSWERS, NOISE, LENGTH = 32, 8, 64, 32
DIM, HEADS, HEAD_DIM, WIDTH, BATCH = 32, 8, 8, 32, 1024
VOCABULARY = 2 * SIZE + NOISE + 1
END = VOCABULARY - 1
STEP = f"factual_recall/step {SIZE}x{SIZE} H={HEADS} m={WIDTH} B={BATCH}"


class Model:
    def __init__(self):
        self.embedding = torch.randn(VOCABULARY, DIM) / DIM**0.5
        self.unembedding = torch.randn(ANSWERS * SIZE, DIM) / DIM**0.5
        of_heads = lambda: torch.randn(HEADS, DIM, HEAD_DIM) / HEAD_DIM**0.5
        self.q, self.k, self.v = of_heads(), of_heads(), of_heads()
        self.o = torch.randn(HEADS * HEAD_DIM, DIM) / DIM**0.5
        self.w1 = torch.randn(DIM, WIDTH) / DIM**0.5
        self.b1 = torch.zeros(WIDTH)
        self.w2 = torch.randn(WIDTH, DIM) / WIDTH**0.5
        self.parameters = [self.q, self.k, self.v, self.o, self.w1, self.b1, self.w2]
        for parameter in self.parameters:
            parameter.requires_grad_()
        self.optimiser = torch.optim.Adam(self.parameters, lr=1e-2)
        self.facts = torch.randint(ANSWERS, (SIZE, SIZE)) + ANSWERS * torch.arange(SIZE)

    def draw(self):
        subject, relation = torch.randint(SIZE, (BATCH,)), torch.randint(SIZE, (BATCH,))
        return subject, relation, self.facts[subject, relation]

    def prompts(self):
        subject, relation, answer = self.draw()
        tokens = torch.randint(2 * SIZE, END, (BATCH, LENGTH))
        at = torch.randint(LENGTH - 1, (BATCH,))
        other = torch.randint(LENGTH - 2, (BATCH,))
        other = other + (other >= at)
        rows = torch.arange(BATCH)
        tokens[rows, at], tokens[rows, other] = subject, SIZE + relation
        tokens[:, -1] = END
        return tokens, answer

    def counts(self):
        subject, relation, answer = self.draw()
        noise = torch.randint(2 * SIZE, END, (BATCH, LENGTH - 3))
        tokens = torch.cat([noise, subject[:, None], SIZE + relation[:, None]], 1)
        counts = torch.zeros(BATCH, VOCABULARY)
        counts.scatter_add_(1, tokens, torch.ones(BATCH, LENGTH - 1))
        counts[:, END] = 1
        return counts, answer

    def explicit(self):
        tokens, answer = self.prompts()
        x = self.embedding[tokens]
        query = torch.einsum("bd,hde->bhe", x[:, -1], self.q)
        key = torch.einsum("btd,hde->bhte", x, self.k)
        value = torch.einsum("btd,hde->bhte", x, self.v)
        scores = torch.einsum("bhte,bhe->bht", key, query) / HEAD_DIM**0.5
        attended = torch.einsum("bht,bhte->bhe", scores.softmax(-1), value)
        return self.finish(attended, answer)

    def collapsed(self):
        counts, answer = self.counts()
        query = torch.einsum("d,hde->he", self.embedding[END], self.q)
        scores = torch.einsum("vd,hde,he->hv", self.embedding, self.k, query) / HEAD_DIM**0.5
        value = torch.einsum("vd,hde->hve", self.embedding, self.v)
        present = torch.where(counts > 0, counts.log(), -torch.inf)
        weights = (scores[:, None] + present[None]).softmax(-1)
        attended = torch.bmm(weights, value).transpose(0, 1)
        return self.finish(attended, answer)

    def finish(self, attended, answer):
        x = attended.reshape(BATCH, -1) @ self.o
        y = x + torch.relu(x @ self.w1 + self.b1) @ self.w2
        return torch.nn.functional.cross_entropy(y @ self.unembedding.T, answer)

    def step(self, loss):
        self.optimiser.zero_grad(set_to_none=True)
        loss().backward()
        self.optimiser.step()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=50)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = Model()
    for form, loss in [("explicit", model.explicit), ("collapsed", model.collapsed)]:
        ms, least = measure(lambda: model.step(loss), args.runs)
        line = {"bench": STEP, "form": form, "ms": ms, "min_ms": least, "threads": args.threads}
        print(json.dumps(line))


if __name__ == "__main__":
    main()
