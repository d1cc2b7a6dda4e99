"""Encodings told by letters."""

# ruff: noqa: RUF001

import pytest

from spark_jobs.ingest.encodings import CODECS, foreign_cells, read_letters
from spark_jobs.ingest.file_format import open_parts, readable_path


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("Windows-1250", "Ilość,Wartość"),
        ("Windows-1250", "Data sprzedaży,Łódź,Żółty ser"),
        ("Windows-1250", "Množství,Příjem,Měsíc"),
        ("Windows-1250", "Mennyiség,Időpont,Gyűjtő"),
        ("Windows-1251", "Количество,Товар,Дата"),
        ("Windows-1253", "Ποσότητα,Ημερομηνία,Κατάστημα"),
        ("Windows-1254", "Satış,Mağaza,İstanbul,Kadıköy"),
        ("Shift-JIS", "店舗コード,商品コード,数量,売上日"),
        ("EUC-KR", "매장,상품코드,수량,날짜"),
        ("GB18030", "门店编号,商品编码,数量,日期"),
        ("Big5", "門市代號,商品編號,數量,日期"),
        ("Latin-1", "Größe,Stück,Straße"),
        ("Latin-1", "Quantité,crème brûlée,à l’été,œufs,Hôtel"),
        ("Latin-1", "Smørrebrød,crème,Größe,Niño,pão"),
        ("Latin-1", "Þorlákur,Íslenskt skyr,brauð,verð"),
        ("Latin-1", "£5,°C,m³,½ l,Coca™,¿Qué?,12\xa0000 €"),
    ],
)
def test_the_encoding_is_the_one_in_which_letters_make_words(encoding: str, text: str):
    reading = read_letters(foreign_cells(text.encode(CODECS[encoding])))
    assert reading.encoding == encoding


def test_letters_that_two_encodings_fit_are_latin_1_and_doubtful():
    reading = read_letters(foreign_cells("Gdańsk,Kraków".encode("cp1250")))
    assert (reading.encoding, reading.rival) == ("Latin-1", "Windows-1250")
    assert read_letters(foreign_cells("Café,Größe".encode("cp1252"))).rival is None


def test_a_file_in_another_encoding_is_read_by_spark_in_utf_8(tmp_path):
    path = tmp_path / "train.csv"
    path.write_bytes("店舗コード,日付,ポスト\n1,2024-01-01,3\n".encode("cp932"))
    (part,) = open_parts(path)
    assert part.header == ("店舗コード", "日付", "ポスト")
    assert readable_path(part, tmp_path / "copies").read_text("utf-8").startswith("店舗コード,日付,ポスト\n")
