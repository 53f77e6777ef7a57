# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Members of an ensemble by their names: parameters, checks, metadata, HTML."""

from sklearn import get_config
from sklearn.base import is_regressor
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from sklearn_sales._compat import BaseComposition, VisualBlock
from sklearn_sales.ensemble._final_estimators import new_final_estimator

__all__ = ["NamedMembers"]


class NamedMembers(BaseComposition):
    """Base of ensembles with ``estimators``, a ``final_estimator`` and ``cv``."""

    # names of columns that stand beside those of the members
    _taken_names: tuple = ()

    @property
    def named_estimators(self):
        """Members by their names, unfitted."""
        return Bunch(**dict(self.estimators))

    def get_params(self, deep=True):
        """Parameters, and with ``deep`` the members and their parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to name members, and parameters inside members.

        Returns
        -------
        dict
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params):
        """Set parameters, members by their names, or parameters inside members.

        Parameters
        ----------
        **params : dict
            For instance ``ar=ARRegressor(7)``, ``ar__lags=7`` or ``ar="drop"``.

        Returns
        -------
        self : object
        """
        self._set_params("estimators", **params)
        return self

    def get_metadata_routing(self):
        """Which metadata go to members, final estimator and splitter.

        Returns
        -------
        MetadataRouter
        """
        router = MetadataRouter(owner=type(self).__name__)
        fit = MethodMapping().add(caller="fit", callee="fit")
        for name, estimator in self.estimators:
            if not _is_drop(estimator):
                router.add(**{name: estimator}, method_mapping=fit)
        router.add(
            final_estimator=new_final_estimator(self.final_estimator),
            method_mapping=MethodMapping()
            .add(caller="fit", callee="fit")
            .add(caller="predict", callee="predict"),
        )
        router.add(
            cv=self.cv,
            method_mapping=MethodMapping().add(caller="fit", callee="split"),
        )
        return router

    def _check_members(self):
        """Members by their names, without those to drop."""
        items = self.estimators
        if not items or not all(map(_is_pair, items)):
            raise ValueError(
                f"estimators must be a list of (name, estimator), got {items!r}."
            )
        self._validate_names([name for name, _ in items])
        members = {name: member for name, member in items if not _is_drop(member)}
        if not members:
            raise ValueError("All members are 'drop': at least one has to stay.")
        for name, member in members.items():
            self._check_member(name, member)
        return members

    def _check_member(self, name, member):
        if name in self._taken_names:
            raise ValueError(
                f"A member cannot be called {name!r}: oof_predictions_ has such a "
                "column. Give it another name."
            )
        if isinstance(member, type):
            raise TypeError(
                f"Member {name!r} is the class {member.__name__}; pass an instance: "
                f"{member.__name__}()."
            )
        if not hasattr(member, "fit") or not is_regressor(member):
            raise ValueError(
                f"Member {name!r} is no regressor, got {member!r}. A pipeline has to "
                "end with a regressor."
            )

    def _route(self, members, fit_params):
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **fit_params)
        unknown = sorted(set(fit_params) - {"sample_weight"})
        if unknown:
            raise TypeError(
                f"fit got {unknown}, but without metadata routing it passes on "
                "sample_weight only: sklearn.set_config(enable_metadata_routing=True)."
            )
        routed = {name: {"fit": fit_params} for name in members}
        return {**routed, "final_estimator": {"fit": fit_params}, "cv": {"split": {}}}

    def _sk_visual_block_(self):
        names, members = zip(*self.estimators, strict=True)
        parallel = VisualBlock("parallel", members, names=names, dash_wrapped=False)
        final = new_final_estimator(self.final_estimator)
        last = VisualBlock(
            "parallel", [final], names=["final_estimator"], dash_wrapped=False
        )
        return VisualBlock("serial", (parallel, last), dash_wrapped=False)


def _is_drop(member):
    return isinstance(member, str) and member == "drop"


def _is_pair(item):
    pair = isinstance(item, (tuple, list)) and len(item) == 2
    return pair and isinstance(item[0], str)
