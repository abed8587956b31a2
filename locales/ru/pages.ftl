## Рамка открытых страниц

layout-skip = Перейти к содержанию
layout-leave = Покинуть страницу
layout-leave-hint = Сразу открывает нейтральную страницу. То же самое делает тройное нажатие Shift.
layout-languages = Язык
layout-nav = Основное меню
layout-analyses = Аналитика
layout-donate = Поддержать
layout-imprint = Выходные данные
layout-privacy = Конфиденциальность
layout-feed = Лента Atom
layout-strip = Язык и выход
layout-mode = Режим работы
layout-sandbox = Песочница: письма попадают в
layout-rehearsal = Репетиция: письма настоящие, платежи — нет. Деньги не списываются.

## Рассылка и пожертвования внизу каждой страницы

signup-title = Рассылка
signup-text = Новые материалы по электронной почте — на вашем языке и только по выбранным темам.
signup-email = Адрес электронной почты
signup-name = Имя
signup-topics = Темы, о которых вы хотите узнавать
signup-website = Сайт (оставьте это поле пустым)
signup-promise = Сначала мы пришлём письмо для подтверждения. Отписаться можно в любой момент одним нажатием.
signup-privacy = Как мы обращаемся с вашими данными
signup-button = Подписаться
give-title = Сделать пожертвование
give-text = Пожертвования оплачивают эту работу и сохраняют её независимость. Важна любая сумма.
give-button = Хочу помочь

## Части страниц

part-optional = (необязательно)
part-error = Ошибка:
part-errors-title = Проверьте, пожалуйста, эти поля
part-characters-left = Осталось знаков:
part-select-all = Выбрать всё
part-filter = Показать
part-filter-clear = Сбросить отбор
part-pager = Страницы
part-pager-page = Страница
part-pager-previous = Назад
part-pager-next = Дальше
part-cancel = Отмена
part-copy = Скопировать
part-copied = Скопировано
part-step-done = (готово)
part-breadcrumbs = Вы здесь
part-chart-numbers = Показать числа в таблице
part-live-reload = Чтобы увидеть свежие данные, обновите страницу.

## Клавиши

keys-title = Клавиши
keys-search = Перейти к полю поиска
keys-list = Показать этот список
keys-leave = Сразу покинуть страницу
keys-switch = Использовать одиночные клавиши (/ и ?)
keys-close = Закрыть

## Ошибки

error-code = Ошибка
error-home = Перейти на главную страницу
error-request = Если будете писать нам об этом, укажите, пожалуйста, номер:
