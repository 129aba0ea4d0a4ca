"""The words that distinguish a one-time code from any other number."""

from __future__ import annotations

from typing import Final

_STEM: Final = 5

CODE: Final = "code"
"""The number is a code: `код`, `code`, `пароль`."""
PURPOSE: Final = "purpose"
"""What one-time codes are for: `подтверждение`, `login`."""
ASK: Final = "ask"
"""Asks the reader to type or say the number: `введите`, `enter`."""
PRIVACY: Final = "privacy"
"""Says that the number must be kept secret: `никому`, `share`."""
LINK: Final = "link"
"""Only connects other words: `для`, `your`."""
THING: Final = "thing"
"""Has a number or code of its own, which is not a one-time code: `заказ`, `order`."""
OTHER: Final = "other"
"""Marks a code of another kind: `промокод`, `tracking`."""
SALE: Final = "sale"
"""Is typical of advertisements: `акция`, `sale`."""

# Whole words, with their inflected forms.
_WORDS: Final = {
    CODE: """
        код кода коду кодом коде коды пин пина пинкод пинкода пароль пароля паролем шифр токен
        code codes otp pin passcode password token
        kod koda kodu kodom parol
        кодыңыз кодыңызды пароліңіз
        tan bestätigungscode sicherheitscode zugangscode anmeldecode
        código codigo clave contraseña senha codice kodunuz şifre hasło
        """,
    PURPOSE: """
        вход входа входу входе войти зайти доступ доступа смс
        login log sign signin auth 2fa sms vhod vhoda receive collect pickup unlock
        вхід кіру anmeldung
        """,
    ASK: """
        введите введи укажите назовите сообщите используйте покажите продиктуйте передайте скажите
        enter use type with give tell show quote
        """,
    PRIVACY: "никому нікому ешкімге nikomu niemandem share disclose compartas partagez",
    LINK: """
        для на в к по и с от из во при до это этот этого ваш ваша вашего ваши ваше твой
        your the a an is to for in of as this that at on
        dlya vash ist ihr ihre dein es est tu su votre il tuo seu twój de zu für
        """,
    THING: """
        id номер номера номеру номере телефон тел звоните позвоните наберите отправьте
        адрес каб кв дом дома д ул оф офис этаж подъезд рейс рейса поезд вагон место зона ячейка
        заказ заказа заказу заказе чек чека лот тираж билет билета талон окно очередь очереди
        полис серия карта карты карте карту картам карт счет счёт счета счёта счете счёте лс доб ттн
        инн кпп бик окпо октмо оквэд окпд кбк уин огрн снилс мкб тн вэд кладр vin imei
        протокол протокола сумма сумму баланс остаток версия индекс пробег участок сборка
        nr no tel phone call dial text reply from order orders ticket invoice account acct card
        ending ends room gate flight seat row case ref bus plate version build ext total balance
        замовлення тапсырыс bestellung auftrag pedido commande
        """,
    OTHER: """
        промо трек трекномер трекинг бар тв rgb ответа
        promocode zipcode postcode qrcode sortcode discountcode gutscheincode aktionscode
        promo qr cvv cvc track zip postal area error discount gift booking dress country bar barcode
        referral voucher swift sort source product item sku status exit postleitzahl rabattcode
        promocional morse penal tax employee staff
        """,
    SALE: "sale off save checkout акция акции shop win",
}

# The first five letters of longer words, whatever their ending.
_STEMS: Final = {
    CODE: "passw кодың",
    PURPOSE: """
        подтв автор регис верик вериф аутен актив безоп получ выдач списа смены смена
        подпи однор време восст
        verif bestä confi authe autho secur regis activ reset oneti acces
        podtv avtor підтв weryf doğru vérif раста
        """,
    PRIVACY: "сообщ говор разгл повід soobs",
    THING: """
        догов посыл накла отпра обращ заявк артик товар участ лицев счётч счетч подра
        брони тариф клиен абоне парко штраф серти квита оканч балан остат задол валют маршр
        станц аэроп модел детал издел запча парти предм специ вакан магаз филиа отдел терми
        кварт ворот калит орган предп плате объек сотру карто
        катег рахун packa appoi reser menag custo membe
        """,
    OTHER: "промо почто купон штрих домоф отсле ошибк город стран регио подар диско coupo disco",
    SALE: "скидк распр акцие бонус дарим кэшбэ rabat",
}


def _table(words: dict[str, str], length: int | None = None) -> dict[str, str]:
    return {word[:length]: kind for kind, listed in words.items() for word in listed.split()}


_KIND_BY_WORD: Final = _table(_WORDS)
_KIND_BY_STEM: Final = _table(_STEMS, _STEM)

CUES: Final = (
    "код", "code", "парол", "пин", "введ", "pin", "otp", "use", "enter", "pass", "kod", "with",
    "подтв", "сообщ", "назов", "укаж", "испол", "покаж", "продик", "переда", "скаж", "give",
    "tell", "show", "quote", "type", "шифр", "токен", "token", "parol", "tan", "codice",
    "código", "codigo", "clave", "contras", "senha", "şifre", "hasło",
)  # fmt: skip
"""Parts of words for a code and for asking; a message with a code has at least one of them."""

PHONE: Final = frozenset(("номера", "телефона", "phone", "number"))
"""Words for a phone number, which a code confirms but which is not a code itself."""

PREPOSITIONS: Final = frozenset(
    ("в", "во", "до", "на", "с", "к", "at", "by", "until", "till", "to", "bis", "um", "al")
)
"""Words before a time, or before a number that something is sent to: `до 12-11-26`, `на 3434`."""

CURRENCIES: Final = frozenset(
    ("usd", "eur", "gbp", "inr", "rub", "rur", "kzt", "uah", "руб", "сумма", "сумму")
)
"""Words before a sum of money."""

_COUNTED: Final = """
    р рублей рубля рубль рублях коп тг тенге грн гривен тыс млн
    сек секунд секунды мин минут минуты ч час часа часов день дня дней лет год года годах
    км м кг гр шт штук гб мб раз балл балла баллов баллами бонус бонуса бонусов миль
    человек чел участников звонка звонков заказов просмотров посылок страниц
    am pm sec seconds min minutes hours days years points miles gb mb items people views lines uhr
    """
COUNTED: Final = CURRENCIES.union(_COUNTED.split())
"""Words after a number of things, a time or a sum."""


def kind_of(word: str) -> str | None:
    """Return the kind of a lower-case word, or None if it says nothing about a number near it."""
    kind = _KIND_BY_WORD.get(word)
    if kind is None and word.endswith("code"):  # a compound, as in German and in identifiers
        return CODE
    return kind or _KIND_BY_STEM.get(word[:_STEM])
