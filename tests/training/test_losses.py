from __future__ import annotations

import math

import pytest
import torch

from app.training.losses import AamSoftmax


def loss_with(prototypes: list[list[float]], **options) -> AamSoftmax:
    loss = AamSoftmax(2, len(prototypes), **options)
    loss.prototypes.data = torch.tensor(prototypes)
    return loss


def unit(degrees: float, length: float = 1.0) -> list[float]:
    return [length * math.cos(math.radians(degrees)), length * math.sin(math.radians(degrees))]


def test_by_hand():
    # The embedding is 30 degrees from its own prototype and 60 from the other one; the margin moves 30 to 42.
    loss, cosines = loss_with([unit(0), unit(90)], scale=10)(
        torch.tensor([unit(30, 7.0)]), torch.tensor([0]), math.radians(12)
    )
    own, other = 10 * math.cos(math.radians(42)), 10 * math.cos(math.radians(60))
    assert float(loss.detach()) == pytest.approx(-math.log(math.exp(own) / (math.exp(own) + math.exp(other))), rel=1e-5)
    assert cosines[0].tolist() == pytest.approx([math.cos(math.radians(30)), 0.5], abs=1e-6)


def test_no_margin_is_plain_softmax():
    torch.manual_seed(0)
    head, x, y = AamSoftmax(8, 5), torch.randn(6, 8), torch.randint(5, (6,))
    plain = torch.nn.functional.cross_entropy(30 * head.cosines(x), y)
    assert float(head(x, y, 0.0)[0].detach()) == pytest.approx(float(plain.detach()), rel=1e-4)


def test_the_wrong_way_round_is_still_pulled_back():
    """Past pi - margin the loss must go on rising: the gradient turns the embedding towards its prototype."""
    head = loss_with([unit(0), unit(90)])
    losses = [head(torch.tensor([unit(-angle)]), torch.tensor([0]), 0.3)[0].item() for angle in (150, 165, 175, 179)]
    assert losses == sorted(losses)
    x = torch.tensor([unit(-175)], requires_grad=True)
    head(x, torch.tensor([0]), 0.3)[0].backward()
    assert torch.isfinite(x.grad).all()
    assert float(x.grad[0, 1]) != 0


def test_gradient_is_finite_on_the_prototype_itself():
    x = torch.tensor([unit(0)], requires_grad=True)
    loss_with([unit(0), unit(90)])(x, torch.tensor([0]), 0.2)[0].backward()
    assert torch.isfinite(x.grad).all()


def test_of_no_embeddings_the_loss_is_0_and_so_is_its_gradient():
    head = loss_with([unit(0), unit(90)])
    x = torch.zeros(0, 2, requires_grad=True)
    loss, cosines = head(x, torch.zeros(0, dtype=torch.long), 0.2)
    assert float(loss.detach()) == 0
    assert cosines.shape == (0, 2)
    loss.backward()
    assert not head.prototypes.grad.any()
