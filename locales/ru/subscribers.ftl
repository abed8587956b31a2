## The answer to a sign-up: the same whatever we know of the address

subscribe-sent-title = Проверьте почту
subscribe-sent-text = Мы отправили вам письмо. Откройте ссылку из него и нажмите кнопку; ссылка действует { $days } { $days ->
    [one] день
    [few] дня
   *[many] дней
}.
subscribe-sent-nothing = Письмо не пришло за несколько минут? Загляните в папку «Спам» или попробуйте позже: чтобы не засорять чужие ящики, мы отправляем лишь несколько таких писем в день.
subscribe-error-email = Укажите адрес электронной почты, например name@example.org.
subscribe-error-name = Имя слишком длинное или содержит недопустимый символ.
subscribe-error-topics = Выберите хотя бы одну из этих тем.
subscribe-error-language = Выберите один из этих языков.

## Links of mails

link-forged-title = Это не наша ссылка
link-forged-text = Возможно, она скопирована не полностью. Откройте её из письма ещё раз или скопируйте целиком.
link-home = На главную страницу
link-expired-title = Срок действия ссылки истёк

## Confirming a sign-up

confirm-title = Подтвердите подписку
confirm-text = На адрес { $address } будут приходить новые материалы по темам:
confirm-words = Я хочу получать письма от { $organisation } по этим темам. Я могу отписаться в любой момент одним нажатием.
confirm-button = Да, подписаться
confirm-used-title = Подписка уже подтверждена
confirm-used-text = Этой ссылкой уже воспользовались. Больше ничего делать не нужно, и сейчас ничего не изменилось.
confirm-expired-text = По ней никто не был подписан. Мы можем прислать новую.
confirm-expired-button = Прислать новую ссылку
confirm-gone-text = По ней никто не был подписан, и мы больше не храним, о чём шла речь. Вы можете подписаться снова.
confirmed-title = Добро пожаловать
confirmed-text = Мы будем писать вам на темы: { $topics }.
confirmed-leave = В каждом письме есть ссылка, чтобы изменить выбор или отписаться.
confirmed-link = Читать материалы

## Leaving

leave-title = Отписаться от рассылки
leave-text = Речь о письмах на адрес { $address }.
leave-topics-text = { $count ->
    [1] Письмо, из которого вы пришли, было на тему:
   *[other] Письмо, из которого вы пришли, было на темы:
}
leave-topics-button = { $count ->
    [1] Отписаться от этой темы
   *[other] Отписаться от этих тем
}
leave-all-button = Отписаться от всего
leave-choose-button = Прислать ссылку на мои настройки
left-title = Писем больше не будет
left-text = Вы отписались. Мы храним лишь зашифрованный след вашего адреса, чтобы никто не добавил его снова.
left-topics-title = { $count ->
    [1] Вы отписались от этой темы
   *[other] Вы отписались от этих тем
}
left-topics-text = Подписка на другие выбранные вами темы остаётся.
leave-undo-text = Нажали по ошибке? В течение часа это можно отменить здесь.
leave-undo-button = Вернуть подписку
restored-title = С возвращением
restored-text = Всё снова так, как было.

## Preferences

preferences-title = Ваши настройки
preferences-text = Что мы отправляем на адрес { $address }.
preferences-language = Язык писем
preferences-zone = Ваш часовой пояс
preferences-zone-hint = Для писем, которые ждут, пока у вас наступит день.
preferences-zone-own = Не указан (письма приходят по времени { $zone })
preferences-error-zone = Пожалуйста, выберите один из этих часовых поясов.
preferences-words = Я хочу получать письма от { $organisation } по отмеченным темам. Я могу отписаться в любой момент одним нажатием.
preferences-save = Сохранить
preferences-saved-title = Сохранено
preferences-saved-text = Ваш выбор уже действует.
preferences-return-text = Вы отписывались. Чтобы убедиться, что возвращаетесь именно вы, мы отправили вам письмо: откройте ссылку и нажмите кнопку.
preferences-back = Вернуться к настройкам
preferences-expired-text = Она показывает, что читает человек, поэтому действует ограниченное время. Мы можем прислать новую на тот же адрес.
preferences-expired-button = Прислать новую ссылку
preferences-mailed-text = Если этот адрес ещё есть у нас, письмо с новой ссылкой уже в пути. Ссылка действует { $hours } { $hours ->
    [one] час
    [few] часа
   *[many] часов
}.
