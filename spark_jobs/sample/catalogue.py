"""What the grocer of the sample sells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """A category: the department above it, what its articles cost in euros, when they sell, and what they are called.

    Attributes:
        is_weighed: whether it sells kilograms instead of pieces.
        peak: day of the year on which most is sold.
        swing: logarithm of the season's height.
        christmas: logarithm of the lift before Christmas.
    """

    department: str
    name: str
    price: float
    is_weighed: bool
    peak: int
    swing: float
    christmas: float
    articles: tuple[str, ...]


_FRESH, _COLD, _DRY, _DRINKS = "Frische", "Kühlung", "Trocken", "Getränke"
CATEGORIES = (
    Category(_FRESH, "Obst & Gemüse", 2.6, True, 190, 0.2, 0.1,
             ("Äpfel Elstar", "Möhren", "Süßkartoffeln", "Trauben", "Kürbis")),
    Category(_FRESH, "Backwaren", 1.6, False, 10, 0.03, 0.1,
             ("Brötchen", "Laugenbrezel", "Roggenbrot", "Croissant", "Zwiebelbaguette")),
    Category(_FRESH, "Käsetheke", 15.9, True, 350, 0.1, 0.4,
             ("Gouda jung", "Bergkäse", 'Käse "Alter Gaul"; gereift', "Ziegenkäse", "Obazda")),
    Category(_COLD, "Molkereiprodukte", 1.5, False, 100, 0.03, 0.1,
             ("Frische Milch 3,5 %", "Joghurt natur", "Süßrahmbutter", "Crème fraîche", "Kräuterquark")),
    Category(_COLD, "Tiefkühlkost", 3.4, False, 195, 0.25, 0.05,
             ("Rahmspinat", "Eis am Stiel 🍦", "Fischstäbchen", "Pizza Salami", "Pommes frites")),
    Category(_DRY, "Nudeln & Reis", 1.8, False, 30, 0.08, 0.0,
             ("Spätzle", "Fusilli", "Basmatireis", "Risottoreis", "Gnocchi")),
    Category(_DRY, "Konserven", 1.7, False, 20, 0.12, 0.05,
             ("Tomaten gehackt", "Kichererbsen", "Thunfisch", "Mais", "Weißkohl")),
    Category(_DRY, "Русские продукты", 3.1, False, 360, 0.1, 0.3,
             ("Пельмени", "Сгущёнка", "Квас", "Гречка", "Сушки")),
    Category(_DRINKS, "Wasser & Säfte", 1.9, False, 200, 0.35, 0.05,
             ("Mineralwasser", "Apfelsaft naturtrüb", "Eistee", "Limonade", "Möhrensaft")),
    Category(_DRINKS, "Bier & Wein", 5.2, False, 185, 0.2, 0.5,
             ("Helles", "Weißbier", "Riesling", "Glühwein", "Rosé")),
    Category("Süßes", "Süßwaren", 2.2, False, 340, 0.15, 0.9,
             ("Lebkuchen", "Nussschokolade", "Gummibärchen", "Kekse", "Müsliriegel")),
    Category("Drogerie", "Haushalt", 2.9, False, 90, 0.02, 0.0,
             ("Spülmittel", "Küchenrolle", "Müllbeutel", "Zahnbürste", "Seife")),
)  # fmt: skip
