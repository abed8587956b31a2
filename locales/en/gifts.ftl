# What giving says outside of its pages and mails.

# On Stripe's payment page.
gift-checkout-description = Donation to { $organisation }: { $fund }
# The fund that is there when staff made none.
gift-fund-general = General
