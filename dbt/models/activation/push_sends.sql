{{ channel_sends('push') }}
