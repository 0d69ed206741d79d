#!/bin/sh
# Makes a loan officer's six turns of a call with a buyer who shops for a rate, in two voices.
#
#   tests/audio/make.sh FOLDER
#
# Leaves FOLDER/slt/turn-1.wav to turn-6.wav and FOLDER/rms/turn-1.wav to turn-6.wav, 16 kHz mono
# s16, and beside each the text that was spoken: turn-1.txt. The same text gives the same bytes.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 FOLDER" >&2
    exit 2
fi
if ! command -v flite >/dev/null; then
    echo "$0: flite is missing: install flite" >&2
    exit 1
fi

words=$(dirname "$0")/words.txt
for voice in slt rms; do
    mkdir -p "$1/$voice"
    turn=0
    # The last line counts even when an editor left off its end.
    while IFS= read -r line || [ -n "$line" ]; do
        turn=$((turn + 1))
        printf '%s\n' "$line" >"$1/$voice/turn-$turn.txt"
        flite -voice "$voice" -f "$1/$voice/turn-$turn.txt" -o "$1/$voice/turn-$turn.wav"
    done <"$words"
done
