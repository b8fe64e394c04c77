"""The schemas themselves: valid, strict, and explained."""

import glob
import json
import os
import unittest

import jsonschema

NAMES = {"actors", "changes", "checkpoint", "diff", "doctor", "dump", "forget", "metrics", "preempt", "read", "restore", "resume", "set", "stop", "symbols",
         "targets"}


def schemas():
    for path in sorted(glob.glob(os.path.join(os.environ["RK_SCHEMAS"], "*.schema.json"))):
        with open(path, encoding="utf-8") as file:
            yield os.path.basename(path).removesuffix(".schema.json"), json.load(file)


def parts(schema):
    """Every schema within a schema."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


class SchemaTest(unittest.TestCase):
    def test_there_is_one_for_each_document(self):
        self.assertEqual({name for name, _ in schemas()}, NAMES)

    def test_each_is_a_schema_and_names_its_document(self):
        for name, schema in schemas():
            with self.subTest(name):
                jsonschema.Draft202012Validator.check_schema(schema)
                self.assertEqual(schema["properties"]["schema"]["const"], f"rk-inspect/{name}/1")

    def test_objects_with_known_fields_allow_no_others(self):
        for name, schema in schemas():
            for part in parts(schema):
                if part.get("type") == "object" and "properties" in part:
                    with self.subTest(name, part=part.get("description")):
                        self.assertIs(part["additionalProperties"], False)
                        self.assertLessEqual(set(part["required"]), set(part["properties"]))

    def test_every_field_is_described(self):
        for name, schema in schemas():
            definitions = schema.get("$defs", {})
            for part in parts(schema):
                for field, of in part.get("properties", {}).items():
                    with self.subTest(name, field=field):
                        described = definitions[of["$ref"].split("/")[-1]] if "$ref" in of else of
                        self.assertTrue(described.get("description"))

    def test_what_several_share_is_the_same_in_each(self):
        shared = {}
        for name, schema in schemas():
            for definition, of in schema.get("$defs", {}).items():
                with self.subTest(name, definition=definition):
                    self.assertEqual(of, shared.setdefault(definition, of))

    def test_a_field_too_many_or_too_few_is_refused(self):
        good = {"schema": "rk-inspect/stop/1", "rk_version": "0.1.0", "target": "demo", "kernel": "", "request": "stop"}
        validator = jsonschema.Draft202012Validator(dict(schemas())["stop"])
        validator.validate(good)
        for bad in ({**good, "more": 1}, {k: v for k, v in good.items() if k != "target"}, {**good, "request": "halt"},
                    {**good, "schema": "rk-inspect/stop/2"}):
            self.assertFalse(validator.is_valid(bad))


if __name__ == "__main__":
    unittest.main(verbosity=2)
