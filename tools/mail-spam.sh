#!/bin/sh
# Scores every .eml of a folder with SpamAssassin's own rules, without the
# network, and fails above 0.5. Usage: mail-spam.sh FOLDER
set -eu
folder=${1:?a folder of .eml files}
command -v spamassassin >/dev/null || { echo "spamassassin is missing: apt-get install spamassassin" >&2; exit 2; }
mails=0 bad=0
for mail in "$folder"/*.eml; do
  [ -e "$mail" ] || { echo "no .eml in $folder" >&2; exit 2; }
  # Only the first X-Spam-Status is the program's; the mail itself follows.
  status=$(spamassassin -L -t -x <"$mail" | awk '
    on && !/^[ \t]/ { on = 0; over = 1 }
    !over && /^X-Spam-Status:/ { on = 1 }
    on { gsub(/^[ \t]+|\r/, ""); printf "%s", $0 (/,$/ ? "" : " ") }')
  score=$(echo "$status" | sed -n 's/.*score=\(-\{0,1\}[0-9.]*\).*/\1/p')
  [ -n "$score" ] || { echo "no score for $mail: $status" >&2; exit 1; }
  mails=$((mails + 1))
  if awk "BEGIN { exit !($score > 0.5) }"; then
    bad=$((bad + 1))
    echo "$score $mail $(echo "$status" | sed -n 's/.*tests=\([^ ]*\).*/\1/p')"
  fi
done
echo "measured: $mails mails, $bad above 0.5"
[ "$bad" -eq 0 ]
