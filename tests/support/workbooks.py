"""Workbooks for tests, written without the library that reads them."""

import datetime as dt
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

Cell = str | float | bool | dt.date | None
_NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_STYLES = f'{_HEAD}<styleSheet {_NAMESPACE}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
_FIRST_DAY = dt.date(1899, 12, 30)


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> Path:
    """Writes a workbook with the rows of each sheet, dates as a workbook keeps them; returns its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", f'{_HEAD}<Types xmlns="{_RELATIONS}"/>')
        office = f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        book.writestr("_rels/.rels", _links([office]))
        names = [
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, start=1)
        ]
        book.writestr(
            "xl/workbook.xml",
            f'{_HEAD}<workbook {_NAMESPACE} xmlns:r="{_RELATIONS}"><sheets>{"".join(names)}</sheets></workbook>',
        )
        links = [
            f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        ]
        links.append(f'<Relationship Id="rId0" Type="{_RELATIONS}/styles" Target="styles.xml"/>')
        book.writestr("xl/_rels/workbook.xml.rels", _links(links))
        book.writestr("xl/styles.xml", _STYLES)
        for n, rows in enumerate(sheets.values(), start=1):
            book.writestr(f"xl/worksheets/sheet{n}.xml", _sheet(rows))
    return path


def _links(links: Sequence[str]) -> str:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'{_HEAD}<Relationships xmlns="{space}">{"".join(links)}</Relationships>'


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    lines = [
        f'<row r="{r}">{"".join(_cell(f"{_letters(c)}{r}", cell) for c, cell in enumerate(cells, start=1))}</row>'
        for r, cells in enumerate(rows, start=1)
    ]
    return f"{_HEAD}<worksheet {_NAMESPACE}><sheetData>{''.join(lines)}</sheetData></worksheet>"


def _cell(reference: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return f'<c r="{reference}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, str):
        return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    if isinstance(cell, dt.date):
        return f'<c r="{reference}" s="1"><v>{(cell - _FIRST_DAY).days}</v></c>'
    return f'<c r="{reference}"><v>{cell!r}</v></c>'


def _letters(column: int) -> str:
    before, letter = divmod(column - 1, 26)
    return (_letters(before) if before else "") + chr(ord("A") + letter)
