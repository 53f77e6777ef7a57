# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""A forecasting service: one fitted pipeline, loaded once, behind HTTP.

    python examples/serving/app.py model.skops --port 8000

``GET /forecast`` answers one row and ``POST /forecast`` many, ``POST /sales`` takes in
what was sold. Requests run in threads. A forecast reads one model from beginning to
end, while new sales go into a copy that then takes its place: no request ever meets a
model that is half updated, and none waits for an update.
"""

import argparse
import copy
import datetime
from dataclasses import dataclass
from threading import Lock

import pandas as pd
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from sklearn_sales import load, observe


class Row(BaseModel):
    """A cell of the panel, with what is known ahead about it."""

    store: int
    dept: int
    date: datetime.date
    is_holiday: bool = False


class Sales(BaseModel):
    """Rows and what was sold; None where it was not observed."""

    rows: list[Row]
    sales: list[float | None]
    overwrite: bool = False


@dataclass(frozen=True)
class Served:
    """A model and the number of updates that it has seen."""

    model: object
    version: int = 0


class Service:
    """The model that answers now, and how it is replaced."""

    def __init__(self, model):
        self._served = Served(model)
        self._updating = Lock()

    @property
    def version(self):
        return self._served.version

    def forecast(self, rows):
        served = self._served  # read once: an update may come in between
        answers = served.model.predict(as_frame(rows))
        return {"forecasts": answers.tolist(), "version": served.version}

    def observe(self, rows, sales, overwrite):
        with self._updating:  # one update after the other, each on the last
            served = self._served
            model = copy.deepcopy(served.model)
            y = pd.Series(sales, dtype=float)
            observe(model, as_frame(rows), y, overwrite=overwrite)
            self._served = Served(model, served.version + 1)
            return {"version": served.version + 1}


def as_frame(rows):
    """Rows as the pipeline saw them in fit."""
    frame = pd.DataFrame([row.model_dump() for row in rows])
    return frame.assign(date=pd.to_datetime(frame["date"]))


def make_app(model):
    """The application around a fitted model."""
    app = FastAPI(title="Sales forecasts")
    service = Service(model)

    def answered(work, *args):
        try:
            return work(*args)
        except ValueError as error:  # its text says what is wrong with the rows
            raise HTTPException(422, str(error)) from error

    # no "async": FastAPI gives each request a thread of its pool
    @app.get("/forecast")
    def forecast_one(
        store: int, dept: int, date: datetime.date, is_holiday: bool = False
    ):
        row = Row(store=store, dept=dept, date=date, is_holiday=is_holiday)
        return answered(service.forecast, [row])

    @app.post("/forecast")
    def forecast_many(rows: list[Row]):
        if not rows:
            return {"forecasts": [], "version": service.version}
        return answered(service.forecast, rows)

    @app.post("/sales")
    def take_sales(new: Sales):
        return answered(service.observe, new.rows, new.sales, new.overwrite)

    @app.get("/health")
    def health():
        return {"version": service.version}

    return app


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="file that sklearn_sales.save has written")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    app = make_app(load(arguments.model))
    uvicorn.run(app, port=arguments.port, log_level="warning", ws="none")


if __name__ == "__main__":
    main()
