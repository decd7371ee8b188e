"""The engine's tables, made by SQL, are as the web's unmanaged models say: each column is there, and null in both."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

OF_ENGINE = [one for one in apps.get_app_config("web").get_models() if not one._meta.managed]


def test_there_are_some() -> None:
    assert len(OF_ENGINE) > 10


@pytest.mark.parametrize("model", OF_ENGINE, ids=lambda model: model.__name__)
def test_each_column_of_the_model_is_in_the_table(model: type[Model]) -> None:
    with connection.cursor() as cursor:
        table = {
            one.name: one for one in connection.introspection.get_table_description(cursor, model._meta.db_table)}
    said = {field.column: field for field in model._meta.concrete_fields}
    assert said.keys() <= table.keys()
    assert {name for name, field in said.items() if field.null and not table[name].null_ok} == set()
