"""What people and machines write to the demo's numbers: scenes of one message or several.

Slots such as `{order}` are filled by `inbox_tui.demo.slots` and stay the same throughout a scene.
No bank, shop or carrier in it exists; links lead to the domains that are reserved for examples.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

SHOP: Final = "79110000001"
CODES: Final = "79110000002"
CLINIC: Final = "79110000003"
COURIERS: Final = "79110000004"
ABROAD: Final = "447700900123"
"""The receiving numbers; the last is of the range set aside for fiction in the United Kingdom."""

Rhythm = Literal["people", "machines", "night"]


class Scene(NamedTuple):
    """Messages that one sender writes to one number, within minutes of each other."""

    to_phone: str
    sender: str
    """A kind of person (`customer`, `patient`, `courier`, `guest`), or a name as it is shown."""
    texts: tuple[str, ...]
    weekly: int = 1
    """How often it is played in a week."""
    rhythm: Rhythm = "people"
    """When it is played: as people write, as machines do, or at night."""


def _scenes(
    to_phone: str,
    sender: str,
    *scenes: str | tuple[str, ...],
    weekly: int = 1,
    rhythm: Rhythm = "people",
) -> list[Scene]:
    """Return a scene for each text, or for each tuple of texts that follow one another."""
    return [
        Scene(to_phone, sender, (texts,) if isinstance(texts, str) else texts, weekly, rhythm)
        for texts in scenes
    ]


_CUSTOMERS: Final = (
    *_scenes(
        SHOP,
        "customer",
        (
            "Здравствуйте! Заказ {order} уже отправили?",
            "Всё, нашёл трек-номер в почте. Спасибо!",
        ),
        (
            "Добрый день. Хочу поменять адрес по заказу {order}: {address}, кв. {flat}",
            "Подъезд {small_number}, домофон {flat}",
            "Благодарю!",
        ),
        "Заказ {order} получила, всё целое. Спасибо! 😊",
        (
            "Подскажите, «{product}» ещё есть в наличии?",
            "Тогда отложите, пожалуйста. Заберу {on_day}",
        ),
        (
            "Отмените, пожалуйста, заказ {order}. Деньги вернутся на ту же карту?",
            "Понял, жду",
        ),
        "Можно забрать заказ {order} сегодня после {evening}?",
        (
            "Где мой заказ {order}?? Обещали ещё вчера",
            "Курьер позвонил, едет. Извините за эмоции",
        ),
        "Пришёл не тот цвет. Как оформить возврат?\nЗаказ {order}",
        "Оплатил по ссылке, чек пришёл. Когда ждать доставку?",
        (
            "Промокод {promo} не срабатывает, пишет «срок действия истёк»",
            "А, всё, это я пробел поставила 🙈",
        ),
        "Добрый вечер! А в Петрозаводск доставляете? Сколько дней идёт?",
        "Спасибо за быструю доставку, ребята! Буду рекомендовать 🔥",
        "перезвоните пожалуйста, не могу до вас дозвониться",
        (
            "42-й размер маломерит. 43-й есть?",
            "Беру, оформляйте обмен. Заказ {order}",
        ),
        "Это {she}, забыла указать телефон получателя: {phone}",
        (
            "Хочу заказать:\n1) {product} — 2 шт.\n2) {other_product} — 1 шт.\n"
            "3) подарочная упаковка\nСамовывоз {on_day} после {evening}"
        ),
        "Нужен счёт на ООО «Северный ветер», реквизиты отправила на info@example.com",
        "А гарантия на «{product}» какая? В карточке товара не написано",
        (
            "Здравствуйте, получил заказ {order}, не хватает одной позиции: {product}",
            "Фото коробки и накладной: https://photo.example.com/a/{token}",
            "Спасибо, что быстро разобрались 👍",
        ),
        "Можно оплатить при получении? Картой или только наличными?",
        "Добавьте, пожалуйста, к заказу {order} открытку: «С днём рождения, {she}!»",
        (
            "Это магазин? Мне позвонили с вашего номера",
            "А, по поводу доставки. Да, завтра мне удобно",
        ),
        "Сдвиньте доставку {order} на день, пожалуйста, меня не будет в городе",
        "Оставьте заказ {order} консьержу, я предупредил",
        "Какой срок возврата, если не понравится? 14 дней или месяц?",
        "Уже третий раз у вас заказываю, и всё отлично. Так держать!",
        (
            "Кофемолка не включается. Делал всё по инструкции",
            "Разобрался: не до конца закрыл крышку. Простите за беспокойство 😅",
        ),
        "До какого часа вы работаете в субботу?",
        "Скиньте, пожалуйста, номер карты для оплаты или ссылку, на сайте ошибка",
        "Вместо «{product}» привезли «{other_product}». Что делать?",
        "Чек на {small} руб. так и не пришёл, а деньги списали",
        "Сәлеметсіз бе! {order} тапсырысы қашан келеді?",
        "你好，订单 {order} 什么时候发货？",
        "СТОП",
    ),
    *_scenes(SHOP, "customer", "Да", "1", "Подтверждаю", "👍", "Спасибо!", "Хорошо, жду", weekly=3),
    *_scenes(
        SHOP,
        "LAVKA-OPT",
        "Заявка {order} собрана, мест: {boxes}. Отгрузка {date}, ворота {small_number}.",
        "Счёт {invoice} на {sum} руб. выставлен. Оплатить: https://opt.example.com/i/{token}",
        weekly=2,
    ),
)

_PATIENTS: Final = (
    *_scenes(
        CLINIC,
        "patient",
        "Подтверждаю запись на {time}",
        (
            "Здравствуйте, можно перенести запись с {time} на {later}?",
            "Отлично, спасибо!",
        ),
        "Не смогу прийти {on_day}, заболела. Запишите, пожалуйста, на следующую неделю",
        (
            "Опаздываю минут на {few}, стою в пробке 😔",
            "Подъехала, поднимаюсь",
        ),
        (
            "Добрый день! Можно записать ребёнка к педиатру {on_day}? "
            "Температура {temperature}, кашель второй день"
        ),
        "Готовы ли анализы? Сдавала {past_date}, {surname}",
        (
            "Сколько стоит чистка зубов?",
            "Запишите на {later}, если свободно. {he} {surname_he}",
        ),
        "Огромное спасибо доктору! Спина впервые за месяц не болит 🙏",
        "Нужна ли подготовка к УЗИ? Завтракать можно?",
        "Где у вас парковка? Навигатор ведёт во двор к шлагбауму",
        "Можно сегодня получить справку для бассейна?",
        (
            "Доктор, после нового препарата сыпь на руках. Продолжать?",
            "Поняла, отменяю. Буду {on_day} в {time}",
        ),
        "Отмените, пожалуйста, запись на {time}. Улетаю в командировку",
        "Полис ОМС нужно брать с собой или достаточно паспорта?",
        "Кабинет {room}, верно? Жду у двери",
        "Добрый день, пришлите, пожалуйста, выписку на почту: {mail}",
        "А можно к тому же врачу, но в выходные?",
        "Напомните, пожалуйста, во сколько у меня приём {on_day}",
        "У мужа {temperature} и болит горло. Врач на дом приезжает?",
        (
            "Забыла у вас в гардеробе синий шарф. Не находили?",
            "Ура! Заберу {on_day}, спасибо большое ❤️",
        ),
        "Снимок сделали, диск у меня. Приносить на приём?",
        "Записывала маму на {time}, фамилия {surname}. Она уже вышла, будет вовремя",
        "Мне приходит приглашение на чужое имя. Исправьте номер, пожалуйста",
        "Швы снимать {on_day} или раньше? Повязка сухая, не беспокоит",
    ),
    *_scenes(CLINIC, "patient", "ДА", "Да, буду", "Нет", "Буду", "Приду", weekly=3),
    *_scenes(
        CLINIC,
        "LAB-ANALIZ",
        "Заказ {invoice}: результаты готовы. Смотреть: https://lab.example.com/r/{token}",
        "Проба {invoice}: недостаточно материала, нужен повторный забор.",
        weekly=2,
    ),
)

_DELIVERIES: Final = (
    *_scenes(
        COURIERS,
        "courier",
        (
            "Я на месте: {address}. Никто не открывает",
            "Оставил у соседей, кв. {flat}. Клиент в курсе",
        ),
        (
            "Буду через {few} минут",
            "Подъехал, стою у шлагбаума",
        ),
        "Заказ {order} вручён, оплата картой, {sum} руб.",
        (
            "Клиент по {order} не отвечает. Жду ещё {few} минут и уезжаю",
            "Дозвонился, вручил",
        ),
        "Домофон не работает, какой этаж? {address}",
        "Паллета {pallet} принята, пересорт 2 места. Акт подписан",
        "На складе очередь, загружусь к {time}",
        "Возврат по {order}: не подошёл размер, везу обратно",
        "Пропуск на машину {plate} до конца дня закажите, пожалуйста",
        "Смену закончил, наличные сдал: {sum} р.",
        "Хрупкое по {order} довёз, клиент проверил при мне",
        weekly=3,
    ),
    *_scenes(
        COURIERS,
        "courier",
        (
            "Колесо пробил на КАДе, раньше {evening} не успею",
            "{order} и {other_order} лучше отдать Сергею, он рядом",
            "Всё, поставил запаску, еду",
        ),
        (
            "Адрес по {order} не бьётся, такого дома нет. Уточните, пожалуйста",
            "Понял, корпус 2. Еду",
        ),
        "Терминал завис, клиент платит переводом. Проверьте поступление {small} р.",
        "Коробка по {order} намокла, содержимое сухое. Фото сделал",
    ),
    *_scenes(
        COURIERS,
        "PARUS",
        (
            "Посылка {track} прибыла в пункт выдачи: {address}. Код получения: {code4}. "
            "Хранение до {date}."
        ),
        (
            "Груз {track} выехал из Москвы. Доставка {date}, {slot}. "
            "Отследить: https://track.example.org/{token}"
        ),
        "Посылка {track} вручена. Оцените доставку: https://parus.example.com/o/{token}",
        "Курьер Парус доставит {track} {date}, {slot}. Код для курьера {code4}",
        weekly=4,
    ),
    *_scenes(
        COURIERS,
        "TAXI-LUNA",
        "Вас ожидает белый седан {plate}. Бесплатное ожидание 3 мин.",
        "Машина подъедет через {few} мин: серый универсал {plate}.",
        "Поездка завершена: {small} руб. Чек: https://taxi.example.com/r/{token}",
        weekly=4,
        rhythm="machines",
    ),
)

_NOTICES: Final = (
    *_scenes(
        CODES,
        "ZARYABANK",
        "Код: {code4}. Вход в интернет-банк. Никому его не сообщайте!",
        "Подтвердите перевод {sum} р. на карту *{card}. Код {code6}. Не называйте его никому.",
        "Покупка {small} р. POLYANKA 14. Карта *{card}. Доступно {balance} р.",
        "Перевод {sum} р. от {he_from} {initial}. Карта *{card}. Доступно {balance} р.",
        weekly=8,
        rhythm="machines",
    ),
    *_scenes(
        CODES,
        "ZARYABANK",
        "Отказ: недостаточно средств. Карта *{card}, сумма {sum} р.",
        "Вход в интернет-банк с нового устройства {today} в {clock}. Не вы? Позвоните нам.",
        weekly=2,
        rhythm="machines",
    ),
    *_scenes(
        CODES,
        "POLYANKA",
        "Ваш одноразовый пароль {code6} действует 5 минут.",
        "{code4} — код для входа. Устройство: ноутбук, Санкт-Петербург.",
        "Вам начислено {points} бонусов. Потратить до {date}: https://polyanka.example.com/b",
        weekly=4,
        rhythm="machines",
    ),
    *_scenes(
        CODES,
        "KEDR-NET",
        "Баланс договора {contract}: {small} руб. Оплатите до {date}: https://kedr.example.com/pay",
        "Пароль для входа в личный кабинет: {code5}",
        "Плановые работы {date} с 02:00 до 05:00. Возможны перерывы связи. Извините за неудобства.",
        weekly=2,
        rhythm="machines",
    ),
    *_scenes(
        CODES,
        "VESNA",
        (
            "Ваш код подтверждения {code6}. Если вы его не запрашивали, "
            "просто удалите это сообщение."
        ),
        "Kod podtverzhdeniya: {code6}. Nikomu ego ne soobschayte.",
        "<#> Ваш код: {code6}\nq7Xw2LmVn0c",
        weekly=5,
        rhythm="machines",
    ),
    *_scenes(
        CODES,
        "Lanternly",
        "{code6_split} is your Lanternly code.\n\n@lanternly.example.com #{code6}",
        "Your Lanternly sign-in code: {code6}. It expires in 10 minutes.",
        weekly=5,
        rhythm="machines",
    ),
    *_scenes(
        CODES,
        "Harbor",
        "Use {letters} to sign in to Harbor. Nobody from Harbor will ever ask for it.",
        "New sign-in to Harbor from Lisbon, PT. Not you? https://harbor.example.com/lock/{token}",
        weekly=3,
        rhythm="machines",
    ),
    *_scenes(
        CODES,
        "MONITOR",
        (
            "PROBLEM: api-{small_number} не отвечает 3 мин (HTTP 503)",
            "OK: api-{small_number} снова доступен, простой {few} мин",
        ),
        weekly=2,
        rhythm="machines",
    ),
    *_scenes(
        CODES,
        "MONITOR",
        "Backup finished: {gigabytes} GB in {minutes} min, 0 errors",
        weekly=6,
        rhythm="night",
    ),
    *_scenes(
        CODES, "MONITOR", "Диск db-{small_number} заполнен на {percent} %", weekly=2, rhythm="night"
    ),
)

_GUESTS: Final = (
    *_scenes(
        ABROAD,
        "guest",
        (
            "Hi! Is early check-in possible on {weekday}? Our flight lands at {time}.",
            "Perfect, thank you so much!",
        ),
        (
            "We're at the door but the keypad won't take {code4}. Could you check?",
            "It worked, sorry! I was missing the # at the end",
        ),
        "Thanks for a lovely stay! Left the keys in the box 🔑",
        "Hello, could I get an invoice for order {order}? Company name: Alder & Finch Ltd",
        (
            "The {thing} arrived with a crack. What's the best way to send it back?",
            "Photos are on their way to support@example.com. Take your time, no rush",
        ),
        "Running {few} minutes late, sorry!",
        "Do you ship to Ireland? And roughly how long does it take?",
        (
            "Can I move my appointment from {time} to {later} on {weekday}?",
            "Brilliant, see you then",
        ),
        "Which Wi-Fi network is ours? There are three 😅",
        "Is there parking nearby? It's a van, 2.1 m high",
        "My tracking page shows nothing yet: https://track.example.org/{token}",
        "Package received, all good 👍",
        "Quick question: does the {thing} come with a UK plug?",
        (
            "Delivery notes:\n- ring the bell twice\n- the dog is friendly 🐕\n"
            "- leave it with no. {flat} if we're out"
        ),
        "Could you call me back when you have a minute? It's about invoice {invoice}.",
        "We'd like to stay one more night, until {weekday}. Is the room free?",
        "The heating isn't coming on. Is there a trick to it?",
        "Please take me off the list for the newsletter, but keep the order updates coming",
        (
            "Hi, I ordered two by mistake. Can I cancel one of them? Order {order}",
            "That was quick, cheers!",
        ),
        "Is it OK if we leave our bags with you after check-out, until about {later}?",
        "What's the door code again? We lost the email",
        "Just to confirm: table for four on {weekday} at {later}, one high chair please",
        "The refund of £{pounds} has come through. Thank you for sorting it out",
        "Guten Tag, ist das Zimmer schon ab {time} Uhr frei?",
        "Bonjour, où pouvons-nous laisser nos bagages avant {time} ?",
        "STOP",
    ),
    *_scenes(ABROAD, "guest", "YES", "Yes please", "Confirmed", "Thanks!", weekly=2),
    *_scenes(
        ABROAD,
        "Postbird",
        (
            "Your parcel {track} will be delivered on {weekday} between {slot}. "
            "Track it: https://postbird.example.com/t/{token}"
        ),
        "Sorry we missed you! Collect {track} from {street_abroad} with code {code6}.",
        weekly=3,
    ),
    *_scenes(
        ABROAD,
        "QuillPay",
        "You received £{pounds} from {guest_name}. Reference: order {order}.",
        "QuillPay code {code6}. Only enter it on quillpay.example.com, never share it.",
        "Payout of £{pounds} is on its way to the account ending {card}.",
        weekly=3,
        rhythm="machines",
    ),
)

SCENES: Final[tuple[Scene, ...]] = (
    *_CUSTOMERS,
    *_PATIENTS,
    *_DELIVERIES,
    *_NOTICES,
    *_GUESTS,
)
"""All scenes; their order is part of what a seed stands for."""

LATEST: Final[tuple[tuple[int, Scene], ...]] = (
    (
        2,
        Scene(CODES, "ZARYABANK", ("Код: {code4}. Вход в интернет-банк. Никому его не говорите!",)),
    ),
    (6, Scene(SHOP, "customer", ("Добрый день! Заказ {order} можно забрать завтра утром?",))),
    (11, Scene(ABROAD, "guest", ("Hi! We land early. Could we drop our bags off before noon?",))),
    (19, Scene(COURIERS, "courier", ("Буду через {few} минут",))),
)
"""What came in last, and how many minutes ago: an inbox is never opened on an empty hour."""
