# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known of each pretrained model before it is loaded."""

from dataclasses import dataclass

__all__ = ["CARDS", "ModelCard"]


@dataclass(frozen=True)
class ModelCard:
    """Licence, size and capabilities of a pretrained model, as published.

    Attributes
    ----------
    name : str
    library : str
        The package on PyPI that runs it.
    extra : str
        The extra of sklearn-sales that brings the package.
    licence : str
    n_parameters : int
    weights : str
        Where the weights come from, and how large they are.
    context : int
        Past times that it reads.
    horizon : int
        Steps ahead that it answers in one pass.
    quantiles : str
    covariates : bool
        Whether it reads covariates that are known ahead.
    misses_seasons : bool
        Whether it overlooks seasons of which its context holds few.
    source : str
        Where it is described.
    """

    name: str
    library: str
    extra: str
    licence: str
    n_parameters: int
    weights: str
    context: int
    horizon: int
    quantiles: str
    covariates: bool
    misses_seasons: bool
    source: str

    @property
    def summary(self):
        """Licence, size and capabilities in one line."""
        return (
            f"{self.name}: {self.licence}, {self.n_parameters:,} parameters, "
            f"{self._reads}, {self.horizon:,} steps, quantiles {self.quantiles}"
        )

    @property
    def _reads(self):
        known = ", known-ahead covariates" if self.covariates else " alone"
        return f"past sales{known}"

    def __repr__(self):
        return "\n".join(
            [
                f"model       {self.name} ({self.source})",
                f"library     {self.library}: "
                f'pip install "sklearn-sales[{self.extra}]"',
                f"licence     {self.licence}",
                f"size        {self.n_parameters:,} parameters; {self.weights}",
                f"reads       {self.context:,} past times; {self._reads}",
                f"answers     {self.horizon:,} steps in one pass; quantiles "
                f"{self.quantiles}",
            ]
        )


CARDS = {
    "fracast": ModelCard(
        name="fracast",
        library="fracast",
        extra="foundation",
        licence="Apache-2.0",
        n_parameters=85_001,
        weights="0.3 MB, inside the package",
        context=2048,
        horizon=48,
        quantiles="0.1 to 0.9 by 0.1",
        covariates=False,
        misses_seasons=True,
        source="github.com/ztxtech/fracast-0",
    ),
    "chronos-2": ModelCard(
        name="chronos-2",
        library="chronos-forecasting",
        extra="chronos",
        licence="Apache-2.0",
        n_parameters=119_477_664,
        weights="478 MB, in a directory of your own",
        context=8192,
        horizon=1024,
        quantiles="0.01, 0.05 to 0.95 by 0.05, 0.99",
        covariates=True,
        misses_seasons=False,
        source="huggingface.co/amazon/chronos-2",
    ),
}
