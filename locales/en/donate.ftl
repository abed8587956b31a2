## The form

donate-title = Make a donation
donate-description = Give once or every month. The payment is made at Stripe; the receipt comes by e-mail.
donate-back = You left the payment page. Nothing was charged. You can change your gift here, or come back another time.
donate-test = This is a test.
donate-test-text = No real money is taken here, and receipts are marked as tests.
donate-every = How often
donate-once = Once
donate-monthly = Every month
donate-currency = Currency
donate-amount = Amount
donate-own = Or another amount
donate-own-hint = What you write here counts, whatever is chosen above.
donate-fund = What your gift is for
donate-name = Name
donate-name-hint = Stands on the receipt.
donate-email = E-mail address
donate-email-hint = The receipt goes there.
donate-newsletter = Send me the newsletter, too
donate-newsletter-hint = New analyses by e-mail, on all topics. We first send you a message of its own to confirm this. You can leave at any time with one click.
donate-next-title = What happens next
donate-next-payment = You pay on a page of Stripe, our payment service. We do not see the number of your card or account.
donate-next-monthly = A monthly gift goes on until you end it: each receipt has a link for that.
donate-next-receipt = When the money is there, a receipt comes by e-mail.
donate-next-stored = We keep your name, your e-mail address, the amount and the day, because we must account for every gift.
donate-next-statement = The name { $organisation } will stand on your bank or card statement. If somebody else reads your statements or your mail, think of that before you give.
donate-button = Continue to the payment

## What is wrong with it

donate-error-empty = Please choose an amount, or write your own.
donate-error-digits = Please write the amount in digits, such as { $example }.
donate-error-decimals = An amount in { $currency } has at most two digits for the cents. Please write a thousand without a sign in it, as 1000.
donate-error-whole = { $currency } has no smaller unit. Please write a whole number, such as { $example }.
donate-error-small = The smallest amount that we can take is { $amount }.
donate-error-large = The largest amount that we can take here is { $amount }. For a larger gift, please write to us.
donate-error-currency = We can take gifts in these currencies: { $currencies }. Please choose one of them.
donate-error-fund = Please choose from this list what your gift is for.
donate-error-tries = There were too many tries. Nothing was charged. Please wait a while and try again.
donate-error-away = The payment page cannot be reached right now. Nothing was charged, and what you wrote is still here. Please try again in some minutes.

## Giving is closed

donate-closed-title = We cannot take gifts right now
donate-closed-text = Thank you for wanting to help. Nothing was charged. Please come back another time.
donate-closed-newsletter = Until then, our newsletter tells you about our work.
donate-closed-link = Sign up for the newsletter

## Elsewhere

donate-appeal = This analysis is free to read because people give. Any amount keeps the work going.
donate-appeal-link = Make a donation

## The page after the payment

thanks-paid-title = Thank you
thanks-paid-once = Your gift of { $amount } has arrived.
thanks-paid-monthly = The first payment of your monthly gift of { $amount } has arrived.
thanks-paid-receipt = The receipt is on its way to your mailbox. Its number stands in that message.
thanks-paid-end = Each receipt has a link by which you can end your monthly gift.
thanks-paid-link = Read our analyses
thanks-processing-title = Thank you. Your bank is still at work
thanks-processing-text = Your gift of { $amount } is promised, but the money is not here yet. With a direct debit this takes some days.
thanks-processing-receipt = We mail you the receipt as soon as it is there. You need not do anything more.
thanks-waiting-title = One moment, please
thanks-waiting-text = We are waiting for word from Stripe about your gift of { $amount }. This page looks again by itself.
thanks-waiting-long = This takes longer than usual. You need not wait here: if you have paid, the receipt comes by e-mail.
thanks-failed-title = The payment did not go through
thanks-failed-text = Your gift of { $amount } could not be taken. Nothing was charged.
thanks-cancelled-title = No gift was made
thanks-cancelled-text = The payment was not finished. Nothing was charged.
thanks-again = Try again
thanks-neutral-title = Thank you for your interest
thanks-neutral-text = If you have made a gift, its receipt comes by e-mail as soon as the money is there. For your safety, this page shows a gift for one day only.

## The page behind the link in a monthly gift's receipt

manage-title = Your monthly gift
manage-title-yearly = Your yearly gift
manage-amount = Amount
manage-every = How often
manage-every-month = Every month
manage-every-year = Every year
manage-since = Since
manage-next = Next payment
manage-ended = Ended on
manage-state = State
manage-state-incomplete = The first payment is not here yet
manage-state-active = Active
manage-state-past-due = The last payment failed; it will be tried again
manage-state-paused = Paused
manage-state-ending = Is being ended
manage-state-ended = Ended
manage-test = This is a test. No real money is taken.
manage-end-text = When you end it, no further payment is taken. What you gave stays given, and your receipts stay valid.
manage-end-button = End this gift
manage-gone-title = We are ending this gift
manage-gone-text = Stripe is told to take no further payment. Thank you for what you gave.
manage-gone-mail = A message to your mailbox confirms when it is done.
manage-before-title = This gift was ended before
manage-before-text = No further payment is taken, and nothing was changed now.
manage-again = Make a new gift
