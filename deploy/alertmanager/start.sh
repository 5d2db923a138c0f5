#!/bin/sh
# Starts Alertmanager with alertmanager.yml filled in from the environment, which it cannot read itself. Secrets go into
# files that only its user can read, never into the configuration that its page shows.
#
#   SLACK_WEBHOOK_URL                                       for Slack
#   SMTP_HOST (host:port) SMTP_FROM SMTP_TO SMTP_USER SMTP_PASSWORD     for e-mail
#   SMTP_ESCALATE_TO                                        who is told of what still burns, if not SMTP_TO
set -eu
umask 077
here=$(dirname "$0")
work=${WORK:-/tmp/alertmanager}
mkdir -p "$work"
printf %s "${SLACK_WEBHOOK_URL:-}" >"$work/slack_url"
printf %s "${SMTP_PASSWORD:-}" >"$work/smtp_password"

# A text of the environment as the replacement of sed: its own signs lose their meaning.
safe() { printf %s "$1" | sed -e 's/[\\&|]/\\&/g'; }

drop=
[ -n "${SLACK_WEBHOOK_URL:-}" ] || drop="$drop -e /#.slack:/,/#.:slack/d"
[ -n "${SMTP_HOST:-}" ] || drop="$drop -e /#.e-mail:/,/#.:e-mail/d"
# shellcheck disable=SC2086  # the parts of $drop are words of their own
sed $drop \
  -e "s|@WORK@|$(safe "$work")|g" \
  -e "s|@SMTP_HOST@|$(safe "${SMTP_HOST:-}")|g" \
  -e "s|@SMTP_FROM@|$(safe "${SMTP_FROM:-}")|g" \
  -e "s|@SMTP_TO@|$(safe "${SMTP_TO:-}")|g" \
  -e "s|@SMTP_ESCALATE_TO@|$(safe "${SMTP_ESCALATE_TO:-${SMTP_TO:-}}")|g" \
  -e "s|@SMTP_USER@|$(safe "${SMTP_USER:-}")|g" \
  "$here/alertmanager.yml" >"$work/alertmanager.yml"
exec "${ALERTMANAGER:-/bin/alertmanager}" --config.file="$work/alertmanager.yml" "$@"
