#!/bin/sh
# Gives Mosquitto its only user, and becomes Mosquitto.
set -eu
passwords=/mosquitto/data/passwords
rm -f "$passwords"
mosquitto_passwd -b -c "$passwords" "$WALKINGPAD2MQTT_MQTT_USERNAME" "$WALKINGPAD2MQTT_MQTT_PASSWORD"
chmod 600 "$passwords"
chown mosquitto "$passwords"
exec mosquitto -c /mosquitto/config/mosquitto.conf
