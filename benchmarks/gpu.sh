#!/usr/bin/env bash
# Everything that wants a GPU, in stages, with no network. A call ends after $LIMIT seconds (540 unless
# told), with what is finished in $OUT; the same call goes on from there, and exits with 124 until all
# is done. `speed` and `profile` go on with the row that was cut, by what $OUT/STAGE.measured.json
# says; `check` alone begins anew, so give it the time that it takes.
#
#   bash benchmarks/gpu.sh [--dry] STAGE [BACKEND ...]
#
#   check    the tests that want a GPU: all families learn and answer there as on the CPU
#   demo     all six families trained and evaluated on the demo task
#   resume   the preset `small` of all families on Resume
#   people   People's Daily 1998 from scratch, 25 to 60 million parameters
#   pretrain the preset `pretrain` of all families on 60 million characters, side by side: the weights
#            come back, a family an archive
#   large    the preset `pretrain-large` (27 to 31 million parameters) of all families on the same
#            characters, side by side, and at once the tables of $TASKS (weibo and resume unless
#            told) from those weights, five seeds
#   speed    gpu.py: base-sized random weights, characters per second, memory, joules; CRF beside
#            softmax; the Trainer beside ours; constrained decoding beside `generate`
#   profile  gpu.py: one pass of torch's profiler per family, and every wait for the device
#
# --dry takes tiny sizes, so that each stage can be tried on a CPU. Results go to $OUT (results/gpu by
# default): leaderboards as Markdown, finished runs without their models as STAGE-BACKEND.tar.gz
# (unpack, then `python -m harness merge`), records of pretraining as JSON, what is said as text. What a
# later call goes on with stays in $WORK (.runs by default): runs, weights, checkpoints. On another
# machine, put the archives of $OUT into $WORK first, and what they hold is not done again; a
# pretraining begins anew there.
#
# The machine needs Python 3.12 with torch, transformers 5, accelerate, peft, sentencepiece, pandas,
# scipy, numpy, scikit-learn (for seqeval), protobuf, filelock, tensorboard, typer, rich, jinja2, PyYAML and tabulate; `check`
# needs pytest and hypothesis, too. What it lacks travels as wheels in .whl, data in
# .data (ignored folders). To prepare them, in the root of the tree:
#
#   pip wheel --no-deps -w .whl . seqeval==1.2.2
#   pip download --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
#     --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 -d .whl \
#     pytorch-crf==0.7.2 nvidia-ml-py annotated-types typing-inspection \
#     pydantic==P pydantic-core==C    # C is what pydantic P requires
#   mkdir .data && cp -r DATA/{resume,people_daily_1998,weibo,cluener,pd2014} .data/
#
# `pretrain` and `large` read .data/text, with the texts that may be shipped and their MANIFEST.tsv:
#
#   mkdir .data/text && cp DATA/raw_zh/MANIFEST.tsv .data/text/ && for f in $(awk -F'\t' \
#     '$6 == "yes" && $1 !~ /^(laws_cn|tw_gazette)/ {print $1}' DATA/raw_zh/MANIFEST.tsv)
#   do cp "DATA/raw_zh/$f" .data/text/; done
set -euo pipefail
cd "$(dirname "$0")/.."

dry=
if [[ ${1:-} == --dry ]]; then dry=--dry; shift; fi
stage=${1:?a stage: check, demo, resume, people, pretrain, large, speed or profile}
shift
families=("$@")
if [[ ${#families[@]} == 0 ]]; then families=(bert-crf bert-softmax span electra t5 gpt); fi
limit=${LIMIT:-540}
next="goes on"
if [[ $stage == check ]]; then next="begins anew: give it more time (LIMIT=1200)"; fi
out=${OUT:-results/gpu}
archives=${WORK:-.runs}
work=$archives${dry:+/dry}
runs=$work/runs
mkdir -p "$out" "$runs"

export OMP_WAIT_POLICY=PASSIVE HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1 TOKENIZERS_PARALLELISM=false
python=${PYTHON:-python3}
if compgen -G '.whl/*.whl' >/dev/null; then
  site=$(mktemp -d)
  "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" .whl/*.whl
  export PYTHONPATH=$site${PYTHONPATH:+:$PYTHONPATH}
fi
if [[ -d .data ]]; then export NER_HARNESS_DATA=$PWD/.data; fi
(nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader || echo "no GPU") \
  2>/dev/null | tee "$out/hardware.txt"
if [[ -z $dry ]]; then
  for archive in "$archives"/*.tar.gz; do
    if [[ -f $archive ]]; then tar xzf "$archive" --skip-old-files -C "$runs"; fi
  done
fi

finish() {
  # What is finished comes back, also after a cut; what still learns leaves a checkpoint.
  local status=$? working
  mapfile -t working < <(jobs -p)
  if ((${#working[@]})); then kill "${working[@]}" 2>/dev/null || true; fi
  wait
  if [[ -n $(ls -A "$runs") ]]; then
    tar czf "$out/$stage-${families[0]}.tar.gz" --exclude=unfinished -C "$runs" .
  fi
  if ((status == 124)); then echo "cut after $limit s: the same call $next" >&2; fi
  exit $status
}
trap finish EXIT

in_time() {
  # in_time COMMAND...: until the time of this call is over; a run or a pretraining then leaves a
  # checkpoint. Takes the place of the shell, so that a signal reaches what works.
  local left=$((limit - SECONDS))
  if ((left <= 0)); then exit 124; fi
  exec timeout --foreground --kill-after=40 "$left" "$python" "$@"
}

train() {
  # train TASK OPTIONS...: all families on TASK, sharing the GPU, then their leaderboard.
  local task=$1
  shift
  if [[ -n $dry ]]; then set -- "$@" --limit 24 --set epochs=1 "${tiny[@]}"; fi
  (in_time -m harness run --backend "${families[@]}" --task "$task" --set keep_model=false \
    --runs-per-gpu 6 --output "$runs" "$@") | tee "$out/$stage-$task-${families[0]}.md"
}

# What makes a dry run quick.
tiny=(--set layers=1 width=32) seeds=(13 42 87 1 2)
if [[ -n $dry ]]; then seeds=(13); fi

source_of() {
  # source_of FAMILY: the family whose pretrained weights it begins with.
  case $1 in bert-softmax | span) echo bert-crf ;; *) echo "$1" ;; esac
}

pretrain() {
  # pretrain FAMILY OPTIONS...: learn from raw text into $work/weights.
  local family=$1 text=.data/text characters=60000000
  shift
  if [[ -n $dry ]]; then
    text=configs/tasks/demo/train.txt characters=4096
    set -- --window 64 --task demo "$@" --set layers=1 width=32 attention_heads=2 batch_windows=8
  else
    set -- --shippable --passes 8 --set batch_windows=64 together=64 "$@"
  fi
  in_time -m harness pretrain "$text" --backend "$family" --characters $characters \
    -o "$work/weights/$stage-$family" "$@" >>"$out/$stage-$family.txt" 2>&1
}

pretrain_all() {
  # pretrain_all OPTIONS...: all families at once, sharing the GPU, each to its end or to the limit.
  local family record sources waiting=() status=0 found
  mapfile -t sources < <(for family in "${families[@]}"; do source_of "$family"; done | sort -u)
  for family in "${sources[@]}"; do
    echo "$family: $out/$stage-$family.txt says how far it is"
    pretrain "$family" "$@" &
    waiting+=($!)
  done
  for family in "${waiting[@]}"; do
    found=0
    wait "$family" || found=$?
    if ((status == 0 || status == 124)) && ((found)); then status=$found; fi
  done
  for family in "${sources[@]}"; do
    tail -n 4 "$out/$stage-$family.txt"
    record=$work/weights/$stage-$family/pretraining.json
    if [[ -f $record ]]; then cp "$record" "$out/$stage-$family.json"; fi
  done
  return $status
}

case $stage in
  check) (in_time -m pytest -m gpu tests/backends) | tee "$out/check.txt" ;;
  demo) train demo --seed 13 ;;
  resume) train resume --preset small --seed 13 ;;
  people)
    more=()
    if [[ -z $dry ]]; then
      more=(--set layers=8 width=512 attention_heads=8 learning_rate=0.0004 batch_units=8192 epochs=12)
      for family in "${families[@]}"; do
        # Their answers are as long as the text, and are decoded after every epoch.
        if [[ $family == t5 || $family == gpt ]]; then more+=("$family.epochs=5"); fi
        # As deep in each of its halves.
        if [[ $family == t5 ]]; then more+=("$family.layers=4"); fi
      done
    fi
    train people_daily_1998 --seed 13 "${more[@]}"
    ;;
  pretrain)
    pretrain_all
    for family in bert-crf electra t5 gpt; do
      if [[ -f $work/weights/$stage-$family/pretraining.json ]]; then
        tar czf "$out/weights-$family.tar.gz" -C "$work/weights" "$stage-$family"
      fi
    done
    ;;
  large)
    # Muon's rate at width 128 is 0.003; the wider the lower. Not tuned.
    pretrain_all --preset pretrain-large --set learning_rate=0.001
    models=() status=0
    for family in "${families[@]}"; do
      models+=(--set "$family.model=$work/weights/$stage-$(source_of "$family")")
    done
    tiny=(--set window_limit=48 window_margin=8)
    for task in ${TASKS:-weibo resume}; do
      train "$task" --preset pretrained --seed "${seeds[@]}" "${models[@]}" || status=$?
      if ((status == 124)); then break; fi
    done
    exit $status
    ;;
  speed | profile)
    (in_time -m benchmarks.gpu "$stage" $dry --families "${families[@]}" --out "$out")
    ;;
  *)
    echo "no stage is called '$stage': check, demo, resume, people, pretrain, large, speed or profile" >&2
    exit 2
    ;;
esac
