{{ channel_sends('sms', 'phone_e164') }}
