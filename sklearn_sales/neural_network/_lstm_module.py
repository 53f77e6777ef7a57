# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The network itself: from scaled windows to scaled forecasts."""

import torch
from torch import nn

__all__ = ["LSTMForecaster"]

# Share of the categories that training hides, so that the unknown one is learned.
_HIDDEN_CATEGORIES = 0.05
# Standardised covariates beyond this are outliers to the gates, though not to the
# linear shortcut.
_LARGEST_INPUT = 10.0
# A price or a promotion multiplies sales; by no more than some fifty.
_LARGEST_LOG_GAIN = 4.0
_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


class LSTMForecaster(nn.Module):
    """Encoder over the past, decoder over the steps ahead, linear shortcut beside both.

    Parameters
    ----------
    n_past, n_future : int
        Channels of each past and each future time.
    window, horizon : int
    n_outputs : int
        Numbers that describe the forecast of a step, such as quantiles.
    n_locations : int
        How many of them are places on the scale of sales, which the shortcut adds to.
    embeddings : sequence of tuple of int
        Rows and width of the embedding of each static category; row 0 is the unknown.
    hidden_size, num_layers : int
    dropout : float
    decoder : {"direct", "seq2seq"}
    attention : bool
    shortcut : bool
        Whether the network corrects a linear function of lags and what is known of
        the step, rather than the mean of the window.
    precision : {"fp32", "bf16", "fp16"}
    """

    def __init__(
        self,
        *,
        n_past,
        n_future,
        window,
        horizon,
        n_outputs=1,
        n_locations=1,
        embeddings=(),
        hidden_size=32,
        num_layers=1,
        dropout=0.0,
        decoder="direct",
        attention=False,
        shortcut=True,
        precision="fp32",
    ):
        super().__init__()
        self.n_outputs = n_outputs
        self.n_locations = n_locations
        self.precision = precision
        recurrent = {"num_layers": num_layers, "batch_first": True}
        if num_layers > 1:
            recurrent["dropout"] = dropout
        self.encoder = nn.LSTM(n_past, hidden_size, **recurrent)
        self.embeddings = nn.ModuleList(
            nn.Embedding(n, width) for n, width in embeddings
        )
        self.step_embedding = nn.Embedding(horizon, min(horizon, 8))
        n_context = 1 + sum(e.embedding_dim for e in self.embeddings)
        n_step = n_future + self.step_embedding.embedding_dim + n_context
        self.decoder = None
        if decoder == "seq2seq":
            self.decoder = nn.LSTM(n_step, hidden_size, **recurrent)
        self.attention = None
        if attention:
            self.attention = LagAttention(n_past, n_step, window, hidden_size)
            n_step += self.attention.n_outputs
        self.from_state = nn.Linear(hidden_size, hidden_size)
        self.from_step = nn.Linear(n_step, hidden_size, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, n_outputs)
        self.gain = nn.Linear(hidden_size, 1)
        # training starts from the linear model
        for layer in (self.output, self.gain):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.shortcut = None
        if shortcut:
            self.shortcut = LinearShortcut(window + n_future, horizon)
        self.step_bias = nn.Parameter(torch.zeros(horizon, n_outputs))

    def forward(self, lags, past, future, steps, static, level):
        """Describe the forecasts of some steps ahead.

        Parameters
        ----------
        lags : tensor of shape (n, window)
            Scaled sales, the newest last.
        past : tensor of shape (n, window, n_past)
            Its second channel says which of them were observed.
        future : tensor of shape (n, n_steps, n_future)
        steps : int tensor of shape (n, n_steps)
            1..horizon; all of them in order for ``decoder="seq2seq"``.
        static : int tensor of shape (n, n_static)
        level : tensor of shape (n, 1)
            Logarithm of the scale of the window.

        Returns
        -------
        tensor of shape (n, n_steps, n_outputs)
        """
        outputs, _ = self._describe(lags, past, future, steps, static, level)
        return outputs

    def attend(self, lags, past, future, steps, static, level):
        """Attention weights, tensor of shape (n, n_steps, window)."""
        return self._describe(lags, past, future, steps, static, level)[1]

    def _describe(self, lags, past, future, steps, static, level):
        step_index = steps - 1
        with torch.autocast(
            past.device.type,
            dtype=_AUTOCAST.get(self.precision),
            enabled=self.precision in _AUTOCAST,
        ):
            known = self._step_inputs(future, step_index, static, level)
            encoded, memory = self.encoder(past)
            if self.decoder is None:
                state = encoded[:, -1:].expand(-1, steps.shape[1], -1)
            else:
                state, _ = self.decoder(known, memory)
            weights = copied = None
            if self.attention is not None:
                read, copied, weights = self.attention(
                    state, known, encoded, past, lags
                )
                known = torch.cat([known, read], dim=2)
            if self.decoder is None:
                # one state for all steps: its part is worked out once
                hidden = self.from_state(encoded[:, -1:]) + self.from_step(known)
            else:
                hidden = self.from_state(state) + self.from_step(known)
            hidden = self._dropped(nn.functional.gelu(hidden))
            outputs = self.output(hidden)
            gain = self.gain(hidden)
        outputs = outputs.to(lags.dtype) + of_steps(self.step_bias, step_index)
        places = outputs[..., : self.n_locations]
        if copied is not None:
            places = places + copied
        if self.shortcut is None:
            places = places + lags.mean(dim=1)[:, None, None]
        else:
            places = places + self.shortcut(lags, future, step_index)[..., None]
        gain = gain.to(lags.dtype).clamp(-_LARGEST_LOG_GAIN, _LARGEST_LOG_GAIN)
        places = places * torch.exp(gain)
        return torch.cat([places, outputs[..., self.n_locations :]], dim=2), weights

    def _dropped(self, hidden):
        """Drop the same units in all steps of a window, which is quick to draw."""
        if not self.training or not self.dropout.p:
            return hidden
        return hidden * self.dropout(torch.ones_like(hidden[:, :1]))

    def _step_inputs(self, future, step_index, static, level):
        parts = [level]
        for column, embedding in enumerate(self.embeddings):
            codes = static[:, column]
            if self.training:
                hidden = torch.rand(codes.shape, device=codes.device)
                codes = torch.where(hidden < _HIDDEN_CATEGORIES, 0, codes)
            parts.append(embedding(codes))
        context = torch.cat(parts, dim=1)[:, None].expand(-1, future.shape[1], -1)
        bounded = future.clamp(-_LARGEST_INPUT, _LARGEST_INPUT)
        step = of_steps(self.step_embedding.weight, step_index)
        step = step.expand(len(future), -1, -1)
        return torch.cat([bounded, step, context], dim=2)


def of_steps(table, step_index):
    """Rows of a table that has one for each step, shape (n or 1, n_steps, n_columns).

    The steps of a whole forecast are 1..horizon in every row. Its rows of the table
    need not be looked up, and their gradient is a plain sum.
    """
    return table[None] if step_index.shape[1] == len(table) else table[step_index]


class LinearShortcut(nn.Module):
    """A linear function of the lags and of what is known of a step, for each step.

    Parameters
    ----------
    n_inputs : int
    horizon : int
    """

    def __init__(self, n_inputs, horizon):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(horizon, n_inputs))

    def forward(self, lags, future, step_index):
        """Value of each step, shape (n, n_steps)."""
        window = lags.shape[1]
        weight = of_steps(self.weight, step_index)
        if len(weight) == 1:
            from_lags = lags @ weight[0, :, :window].T
        else:
            from_lags = (weight[..., :window] * lags[:, None]).sum(dim=2)
        return from_lags + (weight[..., window:] * future).sum(dim=2)


class LagAttention(nn.Module):
    """Each step looks at the times of the window.

    Parameters
    ----------
    n_past, n_step : int
        Channels of a past time and of a step.
    window, hidden_size : int
    """

    def __init__(self, n_past, n_step, window, hidden_size):
        super().__init__()
        self.query = nn.Linear(hidden_size + n_step, hidden_size)
        self.key = nn.Linear(hidden_size + n_past, hidden_size)
        # which lag a time is, beside what happened then
        self.lag_key = nn.Parameter(0.02 * torch.randn(window, hidden_size))
        # at first each step looks at all times alike
        nn.init.zeros_(self.query.weight)
        nn.init.zeros_(self.query.bias)
        self.n_outputs = hidden_size

    def forward(self, state, known, encoded, past, lags):
        """Look back.

        Returns
        -------
        read : tensor of shape (n, n_steps, n_outputs)
            Encoder outputs that each step reads.
        copied : tensor of shape (n, n_steps, 1)
            Sales that each step looks at, less the mean of the window.
        weights : tensor of shape (n, n_steps, window)
        """
        query = self.query(torch.cat([state, known], dim=2))
        key = self.key(torch.cat([encoded, past], dim=2)) + self.lag_key
        score = query @ key.transpose(1, 2) / query.shape[2] ** 0.5
        seen = past[..., 1] > 0
        # an empty window has nothing to look at, and looks everywhere
        hidden = ~(seen | ~seen.any(dim=1, keepdim=True))
        score = score.masked_fill(hidden[:, None], -1e4)
        weights = torch.softmax(score, dim=2, dtype=lags.dtype)
        looked_at = weights @ lags[..., None]
        mean = lags.mean(dim=1)[:, None, None]
        return weights @ encoded.to(lags.dtype), looked_at - mean, weights
