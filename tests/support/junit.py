"""The schema of JUnit files."""

from __future__ import annotations

from lxml import etree

from tests.support.processes import ROOT

SCHEMA = etree.XMLSchema(etree.parse(str(ROOT / "tests" / "schemas" / "junit.xsd")))
