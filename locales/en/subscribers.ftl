## The answer to a sign-up: the same whatever we know of the address

subscribe-sent-title = Please check your mailbox
subscribe-sent-text = We have sent you a message. Open its link and press the button there; it can be used for { $days } days.
subscribe-sent-nothing = Nothing has arrived after some minutes? Look into the folder for unwanted mail, or try again later: to protect mailboxes, we send only a few such messages a day.
subscribe-error-email = Please write an e-mail address like name@example.org.
subscribe-error-name = This name is too long, or has a character that we cannot keep.
subscribe-error-topics = Please choose at least one of these topics.
subscribe-error-language = Please choose one of these languages.

## Links of mails

link-forged-title = This link is not one of ours
link-forged-text = It may have been cut off when it was copied. Please open it from the message once more, or copy all of it.
link-home = To the start page
link-expired-title = This link is too old

## Confirming a sign-up

confirm-title = Please confirm
confirm-text = { $address } is to receive new analyses on these topics:
confirm-words = I want to receive mails from { $organisation } on these topics. I can leave at any time with one click.
confirm-button = Yes, I want that
confirm-used-title = You have confirmed already
confirm-used-text = This link was used before. Nothing more is to be done, and nothing was changed now.
confirm-expired-text = Nobody was signed up by it. We can send you a fresh one.
confirm-expired-button = Send me a fresh link
confirm-gone-text = Nobody was signed up by it, and we no longer know what was asked for. You are welcome to sign up again.
confirmed-title = Welcome
confirmed-text = You will hear from us about: { $topics }.
confirmed-leave = Each message has a link to change your choices or to leave.
confirmed-link = Read our analyses

## Leaving

leave-title = Leave the newsletter
leave-text = This is about the mails to { $address }.
leave-topics-text = { $count ->
    [one] The message that brought you here was on this topic:
   *[other] The message that brought you here was on these topics:
}
leave-topics-button = { $count ->
    [one] Leave this topic
   *[other] Leave these topics
}
leave-all-button = Leave everything
leave-choose-button = Mail me a link to my choices
left-title = You will get no more mails
left-text = You have left. We keep an encoded trace of your address only to make sure that nobody adds it again.
left-topics-title = { $count ->
    [one] You have left this topic
   *[other] You have left these topics
}
left-topics-text = You stay subscribed to the other topics that you chose.
leave-undo-text = Was it a mistake? For one hour you can undo it here.
leave-undo-button = Put me back
restored-title = Welcome back
restored-text = Everything is as it was before.

## Preferences

preferences-title = Your choices
preferences-text = What we send to { $address }.
preferences-language = Language of the mails
preferences-zone = Your time zone
preferences-zone-hint = For mails that wait until it is daytime where you are.
preferences-zone-own = Not said (mails go by { $zone })
preferences-error-zone = Please choose one of these time zones.
preferences-words = I choose to receive mails from { $organisation } on the topics that are ticked. I can leave at any time with one click.
preferences-save = Save
preferences-saved-title = Saved
preferences-saved-text = Your choices hold from now on.
preferences-return-text = You had left. To be sure that it is you who comes back, we have sent you a message: press the button behind its link.
preferences-back = Back to your choices
preferences-expired-text = It shows what somebody reads, so it holds for some time only. We can send a fresh one to the same address.
preferences-expired-button = Send me a fresh link
preferences-mailed-text = If this address is still with us, a message with a fresh link is on its way. The link can be used for { $hours } hours.
