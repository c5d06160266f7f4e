"""Draw our icon and logo: a dial with its digits, and a curve that runs through it."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = (
    Path(__file__).resolve().parent.parent
    / "custom_components"
    / "nebenkosten"
    / "brand"
)
BLUE, DARK, LIGHT, RED = "#1c6ea4", "#17324d", "#f4f8fb", "#d9432f"
SCALE = 4


def icon(size: int) -> Image.Image:
    """Return the icon: a round meter with four digits and a rising line."""
    side = size * SCALE
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((0, 0, side - 1, side - 1), fill=DARK)
    edge = side * 0.06
    draw.ellipse((edge, edge, side - edge, side - edge), fill=LIGHT)
    _digits(draw, side)
    _curve(draw, side)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def _digits(draw: ImageDraw.ImageDraw, side: int) -> None:
    width, height, gap = side * 0.145, side * 0.23, side * 0.02
    left, top = (side - 4 * width - 3 * gap) / 2, side * 0.26
    font = ImageFont.load_default(size=height * 0.82)
    for number, digit in enumerate("0427"):
        x = left + number * (width + gap)
        color = RED if number == 3 else DARK
        draw.rounded_rectangle((x, top, x + width, top + height), side * 0.02, color)
        center = (x + width / 2, top + height / 2)
        draw.text(center, digit, LIGHT, font, anchor="mm")


def _curve(draw: ImageDraw.ImageDraw, side: int) -> None:
    points = [
        (0.2, 0.74),
        (0.33, 0.7),
        (0.43, 0.72),
        (0.56, 0.62),
        (0.67, 0.64),
        (0.8, 0.56),
    ]
    line = [(x * side, y * side) for x, y in points]
    draw.line(line, BLUE, int(side * 0.035), joint="curve")
    radius = side * 0.03
    for x, y in line:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=BLUE)


def logo(height: int) -> Image.Image:
    """Return the logo: the icon and the name beside it."""
    font = ImageFont.load_default(size=height * 0.52)
    name = "Nebenkosten"
    width = int(font.getlength(name))
    picture = Image.new("RGBA", (height + width + height // 3, height), (0, 0, 0, 0))
    picture.paste(icon(height), (0, 0))
    ImageDraw.Draw(picture).text(
        (height * 1.15, height / 2), name, BLUE, font, anchor="lm"
    )
    return picture


def main() -> None:
    """Write all sizes."""
    FOLDER.mkdir(exist_ok=True)
    for suffix, factor in (("", 1), ("@2x", 2)):
        icon(256 * factor).save(FOLDER / f"icon{suffix}.png", optimize=True)
        logo(128 * factor).save(FOLDER / f"logo{suffix}.png", optimize=True)


if __name__ == "__main__":
    main()
