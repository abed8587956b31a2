## Error pages

web-error-400-title = This cannot be read
web-error-400-text = The address or the form was not complete. Please go back and try again.
web-error-403-title = This is not open to you
web-error-403-text = Your account may not do this. An admin of your organisation can change your role.
web-error-404-title = This page is not here
web-error-404-text = It may have moved, or the address may have a typing error.
web-error-409-title = This is not possible now
web-error-409-text = Something has changed meanwhile. Please look again.
web-error-413-title = This is too large
web-error-413-text = Please send something smaller.
web-error-422-title = This cannot be taken
web-error-422-text = Please go back and check what you entered.
web-error-429-title = Too many attempts
web-error-429-text = Please wait a moment and try again.
web-error-500-title = Something went wrong on our side
web-error-500-text = It is not your fault, and it has been noted. Please try again later.
web-error-503-title = We are not available right now
web-error-503-text = Please try again in a few minutes.
web-error-foreign-title = This form came from another site
web-error-foreign-text = For your safety, forms are only taken from our own pages. Please open the page again and send the form from there.
