{{ channel_sends('email', 'email') }}
