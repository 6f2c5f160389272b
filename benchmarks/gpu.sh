#!/usr/bin/env bash
# Everything that wants a GPU, in stages of less than nine minutes, with no network.
#
#   bash benchmarks/gpu.sh [--dry] STAGE [BACKEND ...]
#
#   check    the tests that want a GPU: all families learn and answer there as on the CPU
#   demo     all five families trained and evaluated on the demo task
#   resume   the same on Resume
#   people   the same on People's Daily 1998, 25 to 60 million parameters from scratch; name
#            backends to do a few at a time (`people bert-crf bert-softmax electra`, `people t5`)
#   pretrain the preset `pretrain` of all families on 60 million characters, all sharing the GPU: the
#            weights come back, a family an archive
#   large    the same at 25 to 60 million parameters, and at once the tables of Weibo and Resume from
#            those weights, five seeds; name one or two backends at a time
#   speed    gpu.py: base-sized random weights, characters per second, memory, joules; CRF beside
#            softmax; the Trainer beside ours; constrained decoding beside `generate`
#   profile  gpu.py: one pass of torch's profiler per family, and every wait for the device
#
# --dry takes tiny sizes, so that each stage can be tried on a CPU. Results go to $OUT (results/gpu
# by default): leaderboards as Markdown, finished runs without their models as RUNS.tar.gz (unpack,
# then `python -m harness merge`), tables as text. Archives found in .runs are unpacked first, so that
# what is finished is not done again: carry them back to go on after a cut.
#
# The machine needs Python 3.12 with torch, transformers 5, accelerate, peft, sentencepiece, pandas,
# scipy, typer, rich, jinja2, PyYAML and tabulate. What it lacks travels as wheels in .whl, data in
# .data (ignored folders). To prepare them, in the root of the tree:
#
#   pip wheel --no-deps -w .whl . seqeval==1.2.2
#   pip download --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
#     --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 -d .whl \
#     pytorch-crf==0.7.2 nvidia-ml-py annotated-types typing-inspection \
#     pydantic==P pydantic-core==C    # C is what pydantic P requires
#   mkdir .data && cp -r DATA/{resume,people_daily_1998,weibo} .data/
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
if [[ ${#families[@]} == 0 ]]; then families=(bert-crf bert-softmax electra t5 gpt); fi
out=${OUT:-results/gpu}
mkdir -p "$out"

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
runs=$(mktemp -d)
for archive in .runs/*.tar.gz; do
  if [[ -f $archive ]]; then tar xzf "$archive" -C "$runs"; fi
done

keep() {
  # What is finished comes back, also after a cut.
  tar czf "$out/$stage-${families[0]}.tar.gz" -C "$runs" .
}

# What makes a dry run quick.
tiny=(--set layers=1 --set width=32)

train() {
  # train TASK OPTIONS...: all families on TASK, sharing the GPU, then their leaderboard.
  local task=$1 backends=()
  shift
  for family in "${families[@]}"; do backends+=(--backend "$family"); done
  if [[ -n ${NER_HARNESS_DATA:-} ]]; then backends+=(--data "$NER_HARNESS_DATA"); fi
  if [[ -n $dry ]]; then set -- "$@" --limit 24 --set epochs=1 "${tiny[@]}"; fi
  trap keep EXIT
  timeout 520 "$python" -m harness run "${backends[@]}" --task "$task" --seed 1 \
    --workers "${#families[@]}" --set keep_model=false --output "$runs" "$@" | tee "$out/$task-$stage-${families[0]}.md"
}

pretrain() {
  # pretrain FAMILY OPTIONS...: learn from raw text into weights/gpu-FAMILY.
  local family=$1 text=.data/text characters=60000000
  shift
  if [[ -n $dry ]]; then
    text=configs/tasks/demo/train.txt characters=4096
    set -- --window 64 --task weibo "$@" --set layers=1 --set width=32 --set batch_windows=8
  else
    set -- --shippable --passes 8 --set batch_windows=64 --set together=64 "$@"
  fi
  "$python" -m harness pretrain "$text" --backend "$family" --characters $characters --quiet \
    -o "weights/gpu-$family" "$@" 2>&1 | tee "$out/$stage-$family.txt"
}

pretrain_all() {
  # pretrain_all OPTIONS...: all families at once, sharing the GPU.
  local family waiting=()
  for family in "${families[@]}"; do
    if [[ $family == bert-softmax ]]; then continue; fi  # it begins with the weights of bert-crf
    pretrain "$family" "$@" &
    waiting+=($!)
  done
  for family in "${waiting[@]}"; do wait "$family"; done
}

case $stage in
  check) timeout 540 "$python" -m pytest -m gpu tests/backends | tee "$out/check.txt" ;;
  demo) train demo ;;
  resume) train resume --set batch_units=2048 --set learning_rate=0.001 --set epochs=15 ;;
  people)
    sizes=(--set layers=8 --set width=512 --set attention_heads=8 --set learning_rate=0.0004)
    more=(--set batch_units=8192 --set epochs=12)
    for family in "${families[@]}"; do
      # Their answers are as long as the text, and are decoded after every epoch.
      if [[ $family == t5 || $family == gpt ]]; then more+=(--set "$family.epochs=5"); fi
    done
    train people_daily_1998 "${sizes[@]}" "${more[@]}"
    ;;
  pretrain)
    pretrain_all
    for family in "${families[@]}"; do
      if [[ -d weights/gpu-$family ]]; then
        tar czf "$out/weights-$family.tar.gz" -C weights "gpu-$family"
      fi
    done
    ;;
  large)
    pretrain_all --set layers=8 --set width=512 --set attention_heads=8 --set learning_rate=0.0005
    models=() tiny=(--set window_limit=48 --set window_margin=8)
    for family in "${families[@]}"; do
      from=$family
      if [[ $family == bert-softmax ]]; then from=bert-crf; fi
      models+=(--set "$family.model=weights/gpu-$from")
    done
    for task in weibo resume; do
      train $task --preset pretrained --seed 1 2 3 4 5 "${models[@]}"
    done
    ;;
  speed | profile)
    timeout 540 "$python" -m benchmarks.gpu "$stage" $dry --families "${families[@]}" --out "$out"
    ;;
  *)
    echo "no stage is called '$stage': check, demo, resume, people, pretrain, large, speed or profile" >&2
    exit 2
    ;;
esac
