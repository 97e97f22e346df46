"""Writes checkpoint/: a small TensorFlow V2 checkpoint in two data files, with a partitioned variable and strings.

Needs tensorflow. Values: part[i, j] = 100 i + j, the others are written below.
"""

import shutil
from pathlib import Path

import tensorflow as tf

v1 = tf.compat.v1
folder = Path(__file__).with_name("checkpoint")
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir()

with tf.Graph().as_default():
    rows = 100 * tf.range(3, dtype=tf.float32)[:, None] + tf.range(130, dtype=tf.float32)[None, :]
    # More than 64 columns: their numbers take two bytes in the names of the parts.
    for index, (start, size) in enumerate([(0, 65), (65, 65)]):
        info = v1.Variable.SaveSliceInfo("part", [3, 130], [0, start], [3, size])
        part = v1.get_variable(f"part_{index}", initializer=rows[:, start : start + size], use_resource=False)
        part._set_save_slice_info(info)
    v1.get_variable("scalar", initializer=tf.constant(3.5, tf.float64))
    v1.get_variable("empty", initializer=tf.zeros([0, 3]))
    v1.get_variable("text", initializer=tf.constant(["hello", "", "w" * 200]), use_resource=False)
    first, second = [str(folder / name) for name in ("first", "second")]
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        parts = {v.op.name: v for v in v1.global_variables()}
        v1.train.Saver([parts["part_0"], parts["part_1"], parts["scalar"]], write_version=2).save(
            session, first, write_meta_graph=False, write_state=False
        )
        v1.train.Saver([parts["empty"], parts["text"]], write_version=2).save(
            session, second, write_meta_graph=False, write_state=False
        )
        merged = str(folder / "model")
        merge = tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[first, second], destination_prefix=merged)
        session.run(merge)
