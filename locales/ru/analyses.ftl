## Главная страница

home-latest = Новые материалы
home-all = Все материалы
home-empty = Пока ничего не опубликовано
home-empty-text = Оставьте внизу страницы адрес электронной почты, и мы напишем, когда выйдет первый материал.

## Список материалов

analyses-title = Аналитика
analyses-lead = Доклады, обращения и комментарии — сначала новые.
analyses-topics = Выберите тему
analyses-all-topics = Все темы
analyses-count = { $count ->
    [one] { $count } материал
    [few] { $count } материала
   *[other] { $count } материалов
}
analyses-in-language = { $count ->
    [one] { $count } материал на русском языке.
    [few] { $count } материала на русском языке.
   *[other] { $count } материалов на русском языке.
}
analyses-every-language = Показать и материалы на других языках
analyses-this-language = Показать только материалы на русском языке
analyses-empty = Здесь пока ничего нет
analyses-empty-text = По этому выбору материалов не нашлось.
analyses-empty-link = Показать все материалы
analyses-also-in = Есть также на языках:
analyses-only-in = Язык материала:
analyses-page = { $title }, страница { $page }

## Один материал

analysis-translations = Читать на языке
analysis-language-note = Этого текста пока нет на русском языке. Вы читаете его на языке:
analysis-topics = Темы
analysis-related = Другие материалы по теме
analysis-gone = По этому адресу нет материала
analysis-gone-text = Возможно, он переехал или больше не опубликован. Проверьте адрес или посмотрите список материалов.
analysis-gone-link = Все материалы

## Лента Atom

feed-subtitle = Новые материалы
