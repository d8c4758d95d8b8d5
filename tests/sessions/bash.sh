# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=all
#
# A long script for bash, for ./test linux: what it prints on Linux it prints
# on loom. "step" begins a part, which is compared by itself. Nothing here may
# depend on time, process ids, or the order in which processes run.

step() { echo "== $*"; }
mkdir -p /tmp/bash-session && cd /tmp/bash-session || exit 1
shopt -s extglob nullglob

step arrays
list=(alpha beta "gamma delta" epsilon)
echo ${#list[@]} "${list[2]}" "${list[@]:1:2}" "${!list[@]}"
list+=(zeta); list[10]=far; unset 'list[0]'; echo "${!list[@]}"; declare -p list
for item in "${list[@]}"; do printf '<%s>' "$item"; done; echo
copy=("${list[@]/e/E}"); echo "${copy[*]}"; echo "${copy[@]^^}" "${list[-1]}"
numbers=($(seq 10)); sum=0; for n in ${numbers[@]}; do ((sum += n)); done
echo $sum
matrix=(1,2 3,4); IFS=, read -r a b <<< "${matrix[1]}"; echo $((a * b))
sorted=($(printf '%s\n' "${numbers[@]}" | sort -rn)); echo ${sorted[@]}
mapfile -t lines < <(printf 'one\ntwo\nthree\n'); echo ${#lines[@]} ${lines[1]}
mapfile -t -s 1 -n 1 lines < <(printf 'one\ntwo\nthree\n'); echo ${lines[@]}

step associative arrays
declare -A age=([alice]=25 [bob]=30); age[carol]=35
for name in $(printf '%s\n' "${!age[@]}" | sort); do
	echo "$name ${age[$name]}"
done
unset 'age[bob]'; echo ${#age[@]} ${age[bob]-gone}
[[ -v age[alice] ]] && echo alice
declare -A count
while read -r word; do
	((count[$word]++))
done < <(tr ' ' '\n' <<< "a b a c b a")
for w in a b c; do echo -n "$w=${count[$w]} "; done; echo

step functions
factorial() {
	local -i n=$1
	((n <= 1)) && { echo 1; return; }
	echo $((n * $(factorial $((n - 1)))))
}
factorial 12
fib() {
	local i a=0 b=1 t
	for ((i = 0; i < $1; i++)); do t=$((a + b)); a=$b b=$t; done
	echo $a
}
fib 90
byref() { local -n ref=$1; ref+=" changed"; }; target=was; byref target
echo "$target"
dynamic() { inner=seen; helper; }
helper() { echo "$inner $FUNCNAME ${FUNCNAME[1]}"; }; dynamic
varargs() { echo $# "${@:2}" "${!#}"; }; varargs a b c
outer() { trap 'echo return trap; trap - RETURN' RETURN; return 3; }; outer
echo $?
declare -f byref | head -n 1; unset -f byref; type -t byref factorial if cd
recurse() { (($1)) && recurse $(($1 - 1)) || echo "depth $1 ${#FUNCNAME[@]}"; }
recurse 100

step expansion
s='The quick brown fox'; echo "${s:4:5} ${s: -3} ${#s} ${s^^} ${s,,} ${s~}"
echo "${s//o/0} ${s/#The/A} ${s/%fox/dog} ${s#* } ${s##* } ${s% *} ${s%% *}"
echo {a..e} {1..10..3} {x,y}{1,2} {01..03} pre{,fix}
echo "${undefined:-default} ${undefined:=assigned} $undefined ${s:+set}"
echo ${!s@} "${s@Q}" "${s@U}"; x=s; echo "${!x}"; echo $'tab\there\x41\u00e9'
echo $((16#ff + 2#101)) $((a = 3, b = a ** 2, b > 8 ? 1 : 0)) $((1 ? 2 : 3))
((i = 5, i *= 2)); echo $i; let "i %= 3"; echo $i; printf -v padded '%05d' 42
echo $padded
printf '%q %s %b\n' "a b" x 'c\td'; printf '%(%Y)T\n' 0; printf '%s-' a b c
echo
set -- one two three; echo "$*" "${*:2}" $# "$@"; (IFS=+; echo "$*")
echo ~root $(( $(wc -c < /etc/passwd) > 0 ))

step conditions
[[ abc == a* ]] && echo glob; [[ abc == "a*" ]] || echo quoted
[[ b > a ]] && echo order
[[ 'key=value' =~ ^([a-z]+)=(.*)$ ]] &&
	echo "${BASH_REMATCH[1]}:${BASH_REMATCH[2]}"
[[ 2024-05-06 =~ ([0-9]+)-([0-9]+)-([0-9]+) ]] && echo "${BASH_REMATCH[@]:1}"
[[ -d /tmp && ! -f /tmp ]] && echo directory
[[ -n $s && -z '' ]] && echo strings
if ((3 > 2)); then echo arithmetic; fi; [[ 10 -gt 9 ]] && echo numbers
case foobar in
foo+(bar|baz)) echo extglob ;;&
*bar) echo again ;&
never) echo through ;;
esac
case x in !(y)) echo not y ;; esac
select choice in first second; do
	echo "chose $choice"
	break
done <<< 2 2>/dev/null

step loops
for ((i = 0, j = 10; i < j; i += 3, j--)); do echo -n "$i,$j "; done; echo
i=0
while :; do ((++i > 5)) && break; ((i % 2)) && continue; echo -n "$i "; done
echo
until ((i-- == 0)); do :; done; echo $i
for f in /etc/pass* /nonesuch/*; do echo $f; done
while read -r -d : field; do echo -n "[$field]"; done < /etc/passwd; echo
while IFS=: read -r user _ uid rest; do echo "$user is $uid"; done < /etc/passwd
read -r -n 3 three <<< abcdef; echo $three
read -r -a words <<< 'some words here'; echo ${words[2]}
echo input | { read -r line; echo "$line in a pipe"; }
IFS= read -r -t 5 line <<< '  kept '; echo "[$line]"

step here-documents and strings
cat <<< "a here-string with $((6 * 7))"; cat <<END
expanded: ${list[1]} $(echo command)
END
cat <<'END'
not expanded: ${list[1]}
END
wc -l <<END
$(seq 3000)
END
tr a-z A-Z <<< 'upper case' | cat <(echo from a process) -

step process substitution and descriptors
diff <(printf '1\n2\n3\n') <(printf '1\n2\n4\n') | grep '^[-+][0-9]'
paste <(seq 3) <(seq 4 6); cat <(echo a) <(echo b) <(echo c)
seq 5 > >(tac > reversed; echo > whole)
until [[ -e whole ]]; do sleep 0.05; done; cat reversed
exec {fd}> opened; echo written >&$fd; exec {fd}>&-; cat opened
((fd >= 10)) && echo high
exec 5<> both; echo text >&5; exec 5>&-; cat both
{ echo out; echo err >&2; } 2>&1 >/dev/null | sed 's/^/caught /'
echo all &> all; ls /nonesuch &>> all; wc -l < all
exec 6< <(printf '%s\n' x y z); read -r -u 6 l1; read -r -u 6 l2; echo $l1$l2
exec 6<&-
[ -e /dev/fd/0 ] && echo descriptors

step coprocesses
coproc CALC { while read -r x y; do echo $((x * y)); done; }
echo 6 7 >&${CALC[1]}; read -r answer <&${CALC[0]}; echo $answer
echo 100 100 >&${CALC[1]}; read -r answer <&${CALC[0]}; echo $answer
eval "exec ${CALC[1]}>&-"; wait $CALC_PID; echo $?

step status
set -o pipefail; false | true; echo $?; set +o pipefail; false | true; echo $?
true | false | (exit 3) | true; echo ${PIPESTATUS[@]}
(exit 42); echo $?; ! true; echo $?; { exit_code=$(exit 9); }; echo $?
{ bash -c 'kill -SEGV $$'; } 2> /dev/null; echo $?
{ bash -c 'kill -USR1 $$'; } 2> /dev/null; echo $?
bash -e -c 'false; echo no'; echo $?; bash -u -c 'echo $none' 2> /dev/null
echo $?
command nonesuch 2> /dev/null; echo $?; /etc/passwd 2> /dev/null; echo $?
(set -e; trap 'echo error trap $?' ERR; false; echo no); echo $?

step traps
trap 'echo usr1' USR1; kill -USR1 $$; kill -USR1 $BASHPID; trap - USR1
(trap 'echo exit trap' EXIT; echo body)
(trap 'echo int' INT; kill -INT $BASHPID; echo after int)
bash -c 'trap "echo got term; exit 5" TERM; kill $$; sleep 2'; echo $?
bash -c 'trap "" HUP; kill -HUP $$; echo ignored'; trap -p
n=0; trap '((n++))' DEBUG; :; :; trap - DEBUG; echo $n
child() {
	trap 'echo child term; exit 7' TERM
	echo ready > ready
	while :; do sleep 0.05; done
}
rm -f ready; child & until [[ -s ready ]]; do sleep 0.05; done; kill $!
wait $!; echo $?
bash -c 'trap "echo chld" CHLD; sleep 0.1 & wait; :' | sort -u
rm -f ready
(
	trap 'echo parent was told' USR2
	echo > ready
	for i in {1..100}; do sleep 0.05; [[ -e told ]] && break; done
) &
until [[ -e ready ]]; do sleep 0.05; done
kill -USR2 $!; echo > told; wait

step background
{ for i in 3 1 2; do { sleep 0.$i; echo job $i; } & done; wait; } | sort
(exit 3) & (exit 4) & wait $!; echo $?
(sleep 1; exit 5) & short=$!; sleep 100 & long=$!
wait -n $short $long; echo first $?
{ kill $long; wait $long; } 2> /dev/null; echo $?
pids=(); for i in 1 2 3; do (exit $i) & pids+=($!); done
for p in ${pids[@]}; do wait $p; echo -n "$? "; done; echo
(sleep 0.1; exit 6) & wait $!; echo $?
x=$(sleep 0.1 & echo fast); echo $x; disown -a; jobs

step job control
cat > jobs.sh <<'END'
set -m
sleep 100 &
kill -STOP %1; until jobs | grep -q Stopped; do sleep 0.05; done
jobs %1 | sed 's/  */ /g'
kill -CONT %1; until jobs | grep -q Running; do sleep 0.05; done
jobs -r | sed 's/  */ /g'
{ kill %1; wait %1; } 2> /dev/null; echo $?
(sleep 1; exit 3) & fg %- > /dev/null; echo $?
bash -c 'kill -STOP $$; exit 8'; echo $(($? - 128)); jobs | sed 's/  */ /g'
fg > /dev/null; echo resumed $?
bash -c 'kill -TSTP $$; exit 9'; echo $(($? - 128)); bg > /dev/null; wait %1
echo in the background $?
sleep 100 & sleep 100 & { kill %1; wait %1; } 2> /dev/null; echo $?
{ kill %2; wait %2; } 2> /dev/null; echo $?; jobs; echo none
ps=$(sh -c 'cut -d " " -f 5 /proc/self/stat')
[ "$ps" != $$ ] && echo a group of its own
sleep 2 | sleep 2 & [ $(jobs -p | wc -l) = 1 ] && echo one job
wait; jobs > done
suspended() { kill -STOP $BASHPID; echo went on; }
suspended &
until jobs | grep -q Stopped; do sleep 0.05; done; kill -CONT %1; wait
END
timeout 30 bash jobs.sh 2>&1; echo $?
bash -c 'set -m; sleep 100 &
	[ $(cut -d " " -f 5 /proc/$!/stat) = $! ] && echo leads its group
	{ kill -- -$!; wait $!; } 2> /dev/null; echo $?'

step subshells and nesting
x=1; (x=2; (x=3; echo $x); echo $x)
echo $x $BASH_SUBSHELL $(echo $BASH_SUBSHELL)
a=$(b=$(c=$(echo deep); echo "$c er"); echo "$b est"); echo $a
(cd /; pwd); pwd; (umask 077; umask); umask; (exec sh -c 'echo exec $0' name)
eval 'for i in 1 2; do echo eval $i; done'
source <(echo 'sourced() { echo from source $1; }'); sourced x
bash -c 'echo $0 $@; exit $#' name a b c; echo $?
bash -s arg <<< 'echo stdin $1'
for i in {1..40}; do (exit 0); done; echo 40 subshells
for i in {1..40}; do /bin/true; done; echo 40 programs
deep() { (($1 == 0)) && { echo bottom; return; }; (deep $(($1 - 1))); }; deep 30
seq 1 2000 | while read -r n; do echo $n; done |
	(while read -r n; do ((t += n)); done; echo $t)
env -i PATH=/bin bash -c 'echo $PATH ${HOME-none}'; export -f factorial
bash -c 'factorial 5'
ulimit -n; (ulimit -n 32; ulimit -n); ulimit -c; times > /dev/null; echo $?
echo ${BASH_VERSINFO[0]} $HOSTNAME $OSTYPE $MACHTYPE $EUID $SHLVL
[[ $RANDOM != $RANDOM$RANDOM ]] && echo random
[[ $SECONDS -ge 0 && $EPOCHSECONDS -gt 0 && $PPID -gt 0 ]] && echo clocks

step a program of its own
cat > sieve.sh <<'END'
#!/bin/bash
limit=${1:-100} primes=() composite=()
for ((i = 2; i <= limit; i++)); do
	((composite[i])) && continue
	primes+=("$i")
	for ((j = i * i; j <= limit; j += i)); do composite[j]=1; done
done
echo "${primes[@]}"
END
chmod +x sieve.sh; ./sieve.sh 200
cat > queue.sh <<'END'
#!/bin/bash
# Four workers have a pipe each for their numbers and share one for squares.
mkfifo results
exec 4<> results
for w in 0 1 2 3; do
	mkfifo jobs$w
	{ while read -r n; do echo "$n $((n * n))" >&4; done; } < jobs$w &
done
for w in 0 1 2 3; do
	for n in {1..20}; do ((n % 4 == w)) && echo $n; done > jobs$w
done
wait
for n in {1..20}; do read -r line <&4; echo "$line"; done | sort -n
END
bash queue.sh
cat > words.sh <<'END'
declare -A seen
while read -ra words; do
	for w in "${words[@]}"; do ((seen[${w,,}]++)); done
done
for w in "${!seen[@]}"; do echo "${seen[$w]} $w"; done |
	sort -k1,1nr -k2 | head -n 5
END
bash words.sh <<< $'the cat and the dog\nThe end and THE start'
cd /; rm -rf /tmp/bash-session; echo end of the script
