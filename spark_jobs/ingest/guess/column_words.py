"""What columns are called, in the languages of those who name them: one table of words.

Words are written without accents, in small letters; `name_words` writes the name of a column alike.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "sv", "ja", "zh")

WORDS: Mapping[str, Mapping[str, str]] = {
    "store": {
        "en": "store, shop, branch, outlet, location, site, door, point of sale, pos, retailer",
        "de": "filiale, filial, markt, laden, standort, geschaft, verkaufsstelle, niederlassung, betriebsstatte",
        "fr": "magasin, boutique, point de vente, pdv, etablissement, succursale",
        "es": "tienda, sucursal, establecimiento, local, punto de venta",
        "pt": "loja, filial, estabelecimento, ponto de venda",
        "it": "negozio, punto vendita, punto di vendita, filiale, sede",
        "nl": "winkel, filiaal, vestiging",
        "pl": "sklep, placowka, oddzial, punkt sprzedazy",
        "sv": "butik, affar, filial",
        "ja": "店舗, 店, 店名, 支店, 店番",
        "zh": "门店, 店铺, 商店, 門市, 店",
    },
    "place": {
        "en": "warehouse, market, geography, sales channel, channel, depot, plant, distribution center",
        "de": "werk, lagerort, absatzkanal, vertriebskanal, kanal",
        "fr": "entrepot, marche, canal",
        "es": "almacen, mercado, canal",
        "pt": "armazem, mercado, canal",
        "it": "magazzino, mercato, canale",
        "nl": "magazijn, kanaal",
        "pl": "magazyn, rynek, kanal",
        "sv": "lagerplats, marknad, kanal",
        "ja": "倉庫",
        "zh": "仓库, 倉庫",
    },
    "product": {
        "en": "product, prod, item, article, sku, upc, ean, gtin, plu, material, barcode, dept, stock code",
        "de": "artikel, produkt, ware, sachnummer",
        "fr": "article, produit, reference",
        "es": "producto, articulo, referencia",
        "pt": "produto, artigo",
        "it": "prodotto, articolo",
        "nl": "artikel, product",
        "pl": "produkt, towar, artykul, indeks",
        "sv": "artikel, produkt, vara",
        "ja": "商品, 品番, 品目, 製品, 品名",
        "zh": "商品, 产品, 產品, 货号, 物料",
    },
    "date": {
        "en": "date, day, timestamp, datetime, transaction date, sales date, order date, invoice date, "
        "business date, posting date, receipt date, week, period, time, created at, sold at, ordered at",
        "de": "datum, tag, buchungstag, verkaufsdatum, belegdatum, zeitpunkt, woche, kalenderwoche, kw",
        "fr": "date, jour, semaine, horodatage",
        "es": "fecha, dia, semana",
        "pt": "data, dia, semana",
        "it": "data, giorno, settimana",
        "nl": "datum, dag, week",
        "pl": "data, dzien, tydzien",
        "sv": "datum, dag, vecka",
        "ja": "日付, 売上日, 販売日, 年月日, 日時, 取引日",
        "zh": "日期, 销售日期, 銷售日期, 时间, 時間",
    },
    "first day": {
        "en": "week start, week starting, week begin, week beginning, week from, week commencing, start of week, wc",
        "de": "woche ab, woche von, wochenbeginn, wochenanfang, wochenstart, beginn der woche, erster tag",
        "fr": "debut semaine, semaine du, debut de semaine, premier jour",
        "es": "inicio semana, inicio de semana, semana desde, primer dia",
        "pt": "inicio semana, inicio da semana, semana de, primeiro dia",
        "it": "inizio settimana, settimana dal, primo giorno",
        "nl": "week vanaf, weekbegin, begin week, eerste dag",
        "pl": "poczatek tygodnia, tydzien od, pierwszy dzien",
        "sv": "veckostart, vecka fran, forsta dagen",
    },
    "last day": {
        "en": "week end, week ending, week to, end of week, weekending, we",
        "de": "woche bis, wochenende, wochenschluss, ende der woche, letzter tag",
        "fr": "fin semaine, fin de semaine, semaine au, dernier jour",
        "es": "fin semana, fin de semana, semana hasta, ultimo dia",
        "pt": "fim semana, fim da semana, semana ate, ultimo dia",
        "it": "fine settimana, settimana al, ultimo giorno",
        "nl": "week tot, weekeinde, einde week, laatste dag",
        "pl": "koniec tygodnia, tydzien do, ostatni dzien",
        "sv": "veckoslut, vecka till, sista dagen",
    },
    "units": {
        "en": "units, quantity, qty, pieces, volume, move, movement, units sold, unit sales, count, cnt, demand, pcs",
        "de": "menge, stuck, stueck, stuckzahl, anzahl, absatz, absatzmenge, verkaufsmenge, verkaufte menge, stk",
        "fr": "quantite, qte, unites, nombre, pieces, volume, quantite vendue",
        "es": "cantidad, unidades, piezas, uds, cant",
        "pt": "quantidade, unidades, qtd, qtde, pecas",
        "it": "quantita, pezzi, unita, qta",
        "nl": "aantal, hoeveelheid, stuks, afzet",
        "pl": "ilosc, sztuki, liczba, szt",
        "sv": "antal, kvantitet, mangd, stycken, volym",
        "ja": "数量, 個数, 販売数, 販売数量, 売上数量, 点数",
        "zh": "数量, 數量, 销量, 銷量, 销售数量, 件数",
    },
    "amount": {
        "en": "amount, revenue, turnover, sales value, sales amount, net sales, gross sales, dollars, value, total, "
        "spend, dollar sales, weekly sales, sales usd, sales eur, takings, line total, net amount, gross amount",
        "de": "umsatz, betrag, erlos, wert, summe, gesamt, nettoumsatz, bruttoumsatz, verkaufswert, warenwert",
        "fr": "montant, chiffre d affaires, chiffre affaires, ca, valeur, ca ttc, ca ht, recette, ventes ttc",
        "es": "importe, ingresos, monto, facturacion, ventas netas, valor",
        "pt": "faturamento, receita, montante, valor, faturacao",
        "it": "importo, fatturato, ricavo, incasso, valore, venduto",
        "nl": "omzet, bedrag, waarde",
        "pl": "wartosc, kwota, obrot, przychod",
        "sv": "omsattning, belopp, intakt, varde, summa",
        "ja": "金額, 売上金額, 売上高, 販売金額, 合計",
        "zh": "金额, 金額, 销售额, 銷售額, 销售金额",
    },
    "sales": {
        "en": "sales, sold, sale",
        "de": "verkauf, verkaufe, verkauft",
        "fr": "ventes, vente, vendu",
        "es": "ventas, venta, vendido",
        "pt": "vendas, venda, vendido",
        "it": "vendite, vendita",
        "nl": "verkopen, verkoop, verkocht",
        "pl": "sprzedaz, sprzedane",
        "sv": "forsaljning, salda, salt",
        "ja": "売上, 販売",
        "zh": "销售, 銷售",
    },
    "price": {
        "en": "price, unit price, selling price, retail price, list price, sell price, avg price, sales price",
        "de": "preis, einzelpreis, verkaufspreis, stuckpreis, vk, vk preis",
        "fr": "prix, prix unitaire, prix de vente, pu, pvc",
        "es": "precio, precio unitario, pvp",
        "pt": "preco, preco unitario",
        "it": "prezzo, prezzo unitario",
        "nl": "prijs, stuksprijs, verkoopprijs",
        "pl": "cena, cena jednostkowa",
        "sv": "pris, styckpris, a pris",
        "ja": "単価, 価格, 売価, 販売単価",
        "zh": "单价, 單價, 价格, 價格, 售价",
    },
    "basket": {
        "en": "basket, receipt, transaction, order, ticket, invoice, bill, transaction id, sales order, check",
        "de": "bon, beleg, kassenbon, rechnung, transaktion, bestellung, auftrag, belegnr, bonnr, bonnummer, "
        "belegnummer",
        "fr": "ticket, panier, facture, commande, transaction",
        "es": "ticket, cesta, factura, pedido, transaccion",
        "pt": "cupom, ticket, fatura, pedido, transacao, talao",
        "it": "scontrino, carrello, fattura, ordine, transazione",
        "nl": "bon, kassabon, factuur, bestelling, transactie",
        "pl": "paragon, koszyk, faktura, zamowienie, transakcja",
        "sv": "kvitto, varukorg, faktura, order, transaktion",
        "ja": "伝票番号, レシート番号, 取引番号, 注文番号",
        "zh": "小票号, 订单号, 訂單號, 单据号",
    },
    "line": {
        "en": "line, line no, line number, line id, position, row, sequence, row id",
        "de": "zeile, position, pos nr, posnr, positionsnummer, zeilennummer, bonposition",
        "fr": "ligne, numero de ligne",
        "es": "linea, renglon",
        "pt": "linha",
        "it": "riga",
        "nl": "regel, regelnummer",
        "pl": "pozycja, linia",
        "sv": "rad, radnummer",
        "ja": "行番号, 明細番号",
        "zh": "行号, 行號",
    },
    "holiday": {
        "en": "holiday, is holiday, holiday flag, public holiday",
        "de": "feiertag",
        "fr": "jour ferie, ferie",
        "es": "festivo, feriado",
        "pt": "feriado",
        "it": "festivo, festivita",
        "nl": "feestdag",
        "pl": "swieto",
        "sv": "helgdag",
    },
    "on hand": {
        "en": "on hand, stock, inventory, stock on hand, soh, qty on hand, closing stock, stock level",
        "de": "bestand, lagerbestand, vorrat, lager",
        "fr": "stock, en stock, stock disponible",
        "es": "existencias, stock, inventario",
        "pt": "estoque, existencias, stock, inventario",
        "it": "giacenza, scorta, magazzino",
        "nl": "voorraad",
        "pl": "zapas, stan magazynowy, stan",
        "sv": "lager, lagersaldo, saldo",
        "ja": "在庫, 在庫数",
        "zh": "库存, 庫存",
    },
    "on order": {
        "en": "on order, ordered, open orders, in transit",
        "de": "bestellt, offene bestellungen, bestellbestand, unterwegs",
        "fr": "en commande, commande",
        "es": "pedido, en pedido",
        "pt": "encomendado, em encomenda",
        "it": "ordinato, in ordine",
        "nl": "besteld, in bestelling",
        "pl": "zamowione, w drodze",
        "sv": "bestallt, i order",
    },
    "expected date": {
        "en": "expected date, eta, due, delivery date, due date, arrival date, ship date, shipping date, deadline, "
        "limit date, shipping limit date, estimated delivery date, expiry date, best before",
        "de": "lieferdatum, liefertermin, erwartet am, frist, ablaufdatum",
        "fr": "date de livraison, livraison prevue",
        "es": "fecha de entrega, entrega prevista",
        "pt": "data de entrega, entrega prevista",
        "it": "data di consegna, consegna prevista",
        "nl": "leverdatum, verwachte leverdatum",
        "pl": "data dostawy",
        "sv": "leveransdatum",
    },
    "lead time": {
        "en": "lead time, lead time days, delivery days",
        "de": "lieferzeit, wiederbeschaffungszeit",
        "fr": "delai, delai de livraison",
        "es": "plazo de entrega, plazo",
        "pt": "prazo de entrega, prazo",
        "it": "tempo di consegna, lead time",
        "nl": "levertijd",
        "pl": "czas dostawy",
        "sv": "ledtid, leveranstid",
    },
    "cost": {
        "en": "cost, unit cost, purchase price, cogs, buying price",
        "de": "einkaufspreis, ek, einstandspreis, kosten, wareneinsatz",
        "fr": "cout, prix d achat, pa",
        "es": "coste, costo, precio de compra",
        "pt": "custo, preco de compra",
        "it": "costo, prezzo di acquisto",
        "nl": "kostprijs, inkoopprijs, kosten",
        "pl": "koszt, cena zakupu",
        "sv": "kostnad, inkopspris",
    },
    "other money": {
        "en": "discount, disc, profit, margin, tax, taxes, vat, markdown, coupon, rebate, gross margin, freight, "
        "shipping, postage, fee",
        "de": "rabatt, marge, rohertrag, steuer, mwst, ust, gewinn, nachlass, fracht, versandkosten",
        "fr": "remise, marge, tva, rabais, benefice, livraison",
        "es": "descuento, margen, iva, impuesto, beneficio, envio, flete",
        "pt": "desconto, margem, imposto, iva, lucro, frete",
        "it": "sconto, margine, iva, utile, spedizione",
        "nl": "korting, marge, btw, winst, verzending",
        "pl": "rabat, marza, podatek, zysk, upust, wysylka",
        "sv": "rabatt, marginal, moms, vinst, frakt",
    },
    "promotion": {
        "en": "promotion, promo, on promotion, is promoted, deal, offer, leaflet",
        "de": "aktion, angebot, werbung, prospekt",
        "fr": "promotion, offre, prospectus",
        "es": "promocion, oferta",
        "pt": "promocao, oferta",
        "it": "promozione, offerta, volantino",
        "nl": "actie, aanbieding, folder",
        "pl": "promocja, oferta, gazetka",
        "sv": "kampanj, erbjudande",
    },
    "customer": {
        "en": "customer, household, shopper, cust, gender, age, age group",
        "de": "kunde, geschlecht, altersgruppe",
        "fr": "client, sexe",
        "es": "cliente, sexo",
        "pt": "cliente, sexo",
        "it": "cliente, sesso",
        "nl": "klant, geslacht",
        "pl": "klient, plec",
        "sv": "kund, kon",
        "ja": "顧客",
        "zh": "客户, 顾客",
    },
    "other": {
        "en": "employee, cashier, register, till, marketing, manufacturer, supplier, vendor, "
        "feature, display, region, city, state, country, county, zip, postcode, hour, month, year, day of week, "
        "weekday, school holiday",
        "de": "mitarbeiter, kassierer, kasse, hersteller, lieferant, ort, plz, land, stunde, monat, "
        "jahr, wochentag, stadt",
        "fr": "caissier, caisse, fabricant, fournisseur, ville, pays, heure, mois, annee",
        "es": "cajero, caja, fabricante, proveedor, ciudad, pais, hora, mes, ano",
        "pt": "caixa, fabricante, fornecedor, cidade, pais, hora, mes, ano",
        "it": "cassiere, cassa, produttore, fornitore, citta, paese, ora, mese, anno",
        "nl": "kassa, fabrikant, leverancier, stad, land, uur, maand, jaar",
        "pl": "kasjer, kasa, producent, dostawca, miasto, kraj, godzina, miesiac, rok",
        "sv": "kassa, tillverkare, leverantor, stad, land, timme, manad, ar",
    },
    "size": {
        "en": "size, package size, pack size, variant, colour, color, flavour, flavor, weight",
        "de": "grosse, gebinde, packungsgrosse, variante, farbe, inhalt, gewicht",
        "fr": "taille, format, contenance, variante, couleur, poids",
        "es": "tamano, talla, formato, variante, color, peso",
        "pt": "tamanho, formato, variante, cor, peso",
        "it": "taglia, formato, variante, colore, peso",
        "nl": "maat, inhoud, variant, kleur, gewicht",
        "pl": "rozmiar, wariant, kolor, waga, gramatura",
        "sv": "storlek, variant, farg, vikt",
    },
    "area": {
        "en": "size, area, sales area, selling area, square feet, sqft, sqm, floor space, square metres",
        "de": "flache, verkaufsflache, quadratmeter, qm, grosse",
        "fr": "surface, surface de vente, m2",
        "es": "superficie, metros cuadrados, area",
        "pt": "area, area de venda, metros quadrados",
        "it": "superficie, metri quadri, mq",
        "nl": "oppervlakte, verkoopvloeroppervlak, vvo",
        "pl": "powierzchnia, metraz",
        "sv": "yta, butiksyta, kvm",
    },
    "type": {
        "en": "type, format, cluster, store type, kind, banner, concept",
        "de": "typ, art, vertriebsschiene, betriebstyp, format",
        "fr": "type, format, enseigne",
        "es": "tipo, formato",
        "pt": "tipo, formato",
        "it": "tipo, formato, insegna",
        "nl": "type, formule",
        "pl": "typ, format, rodzaj",
        "sv": "typ, format",
    },
    "currency": {
        "en": "currency, currency code, curr",
        "de": "wahrung, waehrung",
        "fr": "devise, monnaie",
        "es": "moneda, divisa",
        "pt": "moeda",
        "it": "valuta, divisa",
        "nl": "valuta, munt",
        "pl": "waluta",
        "sv": "valuta",
    },
    "measure": {
        "en": "uom, unit of measure, unit, measure",
        "de": "einheit, mengeneinheit, me",
        "fr": "unite, unite de mesure",
        "es": "unidad, unidad de medida",
        "pt": "unidade, unidade de medida",
        "it": "unita di misura, um",
        "nl": "eenheid",
        "pl": "jednostka, jm",
        "sv": "enhet",
    },
}
"""Words of each concept, by language."""

LEVELS: Mapping[str, Mapping[str, str]] = {
    "department": {
        "en": "department, dept, division",
        "de": "abteilung, bereich",
        "fr": "rayon, departement",
        "es": "departamento, seccion",
        "pt": "departamento, secao, seccao",
        "it": "reparto",
        "nl": "afdeling",
        "pl": "dzial",
        "sv": "avdelning",
    },
    "sector": {"en": "sector, world, assortment", "de": "sortiment, warenwelt, sparte", "pl": "sektor"},
    "category": {
        "en": "category, product category, cat, commodity",
        "de": "kategorie, warenkategorie",
        "fr": "categorie",
        "es": "categoria",
        "pt": "categoria",
        "it": "categoria",
        "nl": "categorie",
        "pl": "kategoria",
        "sv": "kategori",
    },
    "product group": {
        "en": "group, product group, item group, merchandise group",
        "de": "warengruppe, wgr, artikelgruppe, produktgruppe, hauptwarengruppe",
        "fr": "groupe, groupe d articles",
        "es": "grupo",
        "pt": "grupo",
        "it": "gruppo, gruppo merceologico",
        "nl": "groep, artikelgroep, productgroep",
        "pl": "grupa, grupa towarowa",
        "sv": "varugrupp, grupp, artikelgrupp",
    },
    "family": {
        "en": "family, product family, product line",
        "de": "familie, produktfamilie, produktlinie",
        "fr": "famille, gamme",
        "es": "familia, gama",
        "pt": "familia",
        "it": "famiglia",
        "nl": "familie",
        "pl": "rodzina",
        "sv": "familj",
    },
    "range": {
        "en": "range, product range, collection",
        "de": "kollektion, produktreihe",
        "fr": "collection, gamme de produits",
        "it": "collezione",
        "es": "coleccion",
        "pt": "colecao",
        "nl": "collectie",
        "pl": "kolekcja",
        "sv": "kollektion",
    },
    "class": {
        "en": "class",
        "de": "klasse, warenklasse",
        "fr": "classe",
        "es": "clase",
        "pt": "classe",
        "it": "classe",
    },
    "segment": {
        "en": "segment, product segment",
        "de": "segment",
        "fr": "segment",
        "es": "segmento",
        "pt": "segmento",
        "it": "segmento",
        "nl": "segment",
        "pl": "segment",
        "sv": "segment",
    },
    "subcategory": {
        "en": "subcategory, sub category, subcat, subgroup, subclass, subdepartment, sub commodity",
        "de": "unterkategorie, untergruppe, unterwarengruppe",
        "fr": "sous categorie, sous famille",
        "es": "subcategoria, subfamilia",
        "pt": "subcategoria, subfamilia",
        "it": "sottocategoria",
        "nl": "subcategorie, subgroep",
        "pl": "podkategoria, podgrupa",
        "sv": "underkategori, undergrupp",
    },
    "product type": {
        "en": "product type, item type, article type",
        "de": "produktart, artikelart",
        "fr": "type produit",
    },
    "brand": {
        "en": "brand",
        "de": "marke",
        "fr": "marque",
        "es": "marca",
        "pt": "marca",
        "it": "marca, marchio",
        "nl": "merk",
        "pl": "marka",
        "sv": "varumarke, marke",
    },
}
"""Words of the levels that products are grouped by, under what English calls them."""

PLURALS = {
    "category": "categories",
    "subcategory": "subcategories",
    "family": "families",
    "class": "classes",
    "branch": "branches",
}
"""Plurals that do not end in a mere s."""
NAMES = (
    "name, description, desc, title, label, text, bezeichnung, beschreibung, benennung, nom, libelle, designation, "
    "intitule, nombre, descripcion, denominacion, nome, descricao, designacao, descrizione, denominazione, naam, "
    "omschrijving, nazwa, opis, namn, beskrivning, benamning, 商品名, 店舗名, 店名, 品名, 名称, 名稱"
)
"""Words that say of a column that it holds the names of things rather than their codes."""
TOTALS = "total, totals, summe, gesamt, gesamtsumme, insgesamt, somme, totale, totaal, suma, razem, summa"
"""Words for the sum of all stores or products."""
CODES = (
    "id, code, nr, no, num, number, nbr, key, cd, nummer, numero, num, codigo, codice, cod, kod, numer, identifier, "
    "kennung, schlussel, ref, clave, コート, 番号, 编号, 編號, 编码, 代码, 代號"
)
"""Words that say of a column that it holds codes."""
EXCEPT = (
    "excl, exclusive, excluding, ex, incl, inclusive, including, inc, net, with, without, before, after, less, exkl, "
    "inkl, ohne, mit, netto, vor, nach, hors, sans, avec, avant, apres, sin, con, antes, despues, sem, com, senza, "
    "zonder, bez, utan"
)
"""Words that say that other money is, or is not, a part of an amount."""
_CLOSED = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "đ": "d"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORT, _LONG = 2, 5
"""Letters up to which a word may be the code of anything, and from which on it counts as a part of a longer one:
Verkaufsdatum is a date."""

_KANA = "\u3040"
"""The first sign of Japanese, before all of Chinese."""


class Match(NamedTuple):
    """How well the name of a column fits a concept, from 0 to 1, and the languages in which it does."""

    score: float
    languages: frozenset[str]


NO_MATCH = Match(0.0, frozenset())


def name_words(name: str) -> tuple[str, ...]:
    """Returns the words of a name: small, without accents, parted at signs and at humps.

    >>> name_words("Artikel-Größe"), name_words("weeklySalesUSD")
    (('artikel', 'grosse'), ('weekly', 'sales', 'usd'))
    """
    parted = _CAMEL.sub(" ", name)
    plain = unicodedata.normalize("NFKD", parted.casefold().translate(_CLOSED))
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(re.findall(r"[^\W_]+", bare))


def fits(name: str, concept: str) -> Match:
    """Returns how well the name of a column fits a concept of `WORDS` or `LEVELS`.

    >>> fits("store_id", "store").score > fits("store_name_long", "store").score > fits("price", "store").score
    True
    """
    words = name_words(name)
    core = tuple(word for word in words if word not in _all_of(CODES)) or words
    known = _known(concept)
    for score, joined in ((1.0, " ".join(words)), (0.95, " ".join(core)), (0.9, "".join(words)), (0.9, "".join(core))):
        if joined in known:
            return Match(score, known[joined])
    inside = [word for word in known if _holds(core, word)]
    if not inside:
        return NO_MATCH
    best = max(inside, key=len)
    share = len(best.replace(" ", "")) / max(len("".join(core)), 1)
    return Match(0.5 + 0.3 * share, known[best])


def is_quantity(name: str) -> bool:
    """Returns whether a column is called a quantity, of whatever else the name tells: transaction_qty, item_cnt_day."""
    return bool({"qty", "cnt", "quantity"} & set(name_words(name)))


def is_total(value: str) -> bool:
    """Returns whether a store or a product is called the sum of all: Total, Total US, Summe."""
    return not set(_all_of(TOTALS)).isdisjoint(name_words(value))


def is_other_money(name: str) -> bool:
    """Returns whether a column is called money that is not that of sales, such as tax, freight or a discount.

    >>> is_other_money("Tax Amount"), is_other_money("Sales excl. tax")
    (True, False)
    """
    words = name_words(name)
    return not set(_all_of(EXCEPT)) & set(words) and any(_holds(words, word) for word in _known("other money"))


def is_name(name: str) -> bool:
    """Returns whether a column is called a name or a description of things."""
    words = name_words(name)
    return any(_holds(words, word) for word in _all_of(NAMES))


def is_code(name: str) -> bool:
    """Returns whether a column is called a code or a number of things."""
    words = name_words(name)
    return any(word in words or (_is_long(word) and words[-1:] and words[-1].endswith(word)) for word in _all_of(CODES))


def plural(word: str) -> str:
    """Returns the plural of an English word of this table."""
    return PLURALS.get(word, f"{word}s")


def _holds(words: tuple[str, ...], wanted: str) -> bool:
    """Returns whether the words hold others one after another, or one that is long within a word.

    A word of one or two letters counts in front alone: CA is turnover in French, and California in snap_CA. A
    participle says something else: weighted is not weight, and discounted no discount.
    """
    parts = tuple(wanted.split())
    joined = "".join(parts)
    if len(joined) <= _SHORT and joined < _KANA:
        return words[:1] == parts
    if any(words[start : start + len(parts)] == parts for start in range(len(words) - len(parts) + 1)):
        return True
    return _is_long(joined) and any(joined in word and word not in (f"{joined}d", f"{joined}ed") for word in words)


def _is_long(word: str) -> bool:
    """Returns whether a word says something as a part of a longer one; one of Japanese or Chinese signs has two."""
    return len(word) >= (2 if word >= _KANA else _LONG)


@cache
def _known(concept: str) -> dict[str, frozenset[str]]:
    """Returns the words of a concept with their languages, each also as one word."""
    languages: dict[str, set[str]] = {}
    for language, text in (WORDS.get(concept) or LEVELS[concept]).items():
        for word in _all_of(text):
            for form in {word, word.replace(" ", "")}:
                languages.setdefault(form, set()).add(language)
    return {word: frozenset(found) for word, found in languages.items()}


@cache
def _all_of(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))
