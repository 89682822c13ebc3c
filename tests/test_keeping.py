"""Scores that are written as they come: the same as those held in memory, also after a stop."""

import errno
import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pandas as pd
import pyarrow.parquet as pq
import pytest

import geobias
import worlds
from geobias import GeoBiasError
from geobias.keeping import stored as stored_module
from geobias.memory import parse_size, spelled_size
from geobias.scales import Scale

KEY = ["model", "scale", "sample"]
OPTIONS = {
    "plain": {"scales": ["knn:9", "300km"]},
    "sampled": {"scales": "300km", "centres": 37},
    "tested": {"scales": "12@300km", "permutations": 19, "bootstrap": 39},
    "judged": {"scales": ["300km", "knn:9"], "fdr": 0.2},
    "merged": {"scales": "300km", "sites": "merge", "permutations": 19},
    "parts": {"scales": ["500km"], "scores": ("ssi", "sri"), "permutations": 9},
    "parts alone": {"scales": ["500km"], "scores": "sri"},
    "land": {"scales": ["300km"], "background": "land"},
    "published": {"scales": ["300km"], "preset": "published"},
}


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(stored_module, "MOST_PLACES", 11)


def world(kind="clustered", n=120):
    made = worlds.KINDS[kind](n, 3)
    return worlds.table(made, good=worlds.hits(n, 1), bad=worlds.hits(n, 2))


def models(**options):
    return {"correct": ["good", "bad"], **options}


def in_order(table):
    return table.sort_values(KEY, kind="stable").reset_index(drop=True)


def assert_same(one, other):
    """The same in every bit, but for the order of the rows."""
    for name in ("summary", "aggregates", "chance"):
        pd.testing.assert_frame_equal(
            getattr(one, name), getattr(other, name), check_exact=True, check_like=False
        )
    pd.testing.assert_frame_equal(in_order(one.samples), in_order(other.samples), check_exact=True)
    assert one.to_json() == other.to_json()


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("kind", ["clustered", "date_line", "polar", "duplicated"])
def test_written_scores_are_those_held_in_memory(kind, options, small_pieces, tmp_path):
    table = world(kind)
    held = geobias.score(table, **models(**options))
    written = geobias.score(table, **models(**options), output=tmp_path / "scores.parquet")
    assert_same(held, written)
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_a_file_carries_what_the_audit_says_and_is_what_it_reads(small_pieces, tmp_path):
    target = tmp_path / "scores.parquet"
    audit = geobias.score(world(), **models(scales="knn:9"), output=target)
    facts = json.loads(pq.read_schema(target).metadata[b"geobias"])
    assert facts == json.loads(audit.to_json())
    pd.testing.assert_frame_equal(pd.read_parquet(target), audit.samples)
    audit.to_parquet(tmp_path / "copy.parquet")
    assert (tmp_path / "copy.parquet").read_bytes() == target.read_bytes()
    audit.to_parquet(target)
    assert len(pd.read_parquet(target)) == 240


def test_without_an_output_the_file_goes_with_the_audit(small_pieces):
    audit = geobias.score(world(), **models(scales="knn:9"), memory="100MB")
    path = audit.rows.output
    assert path.exists()
    assert len(audit.samples) == 240
    assert audit.profile()["radius_km"].notna().all()
    del audit
    gc.collect()
    assert not path.parent.exists()


# --- Stops ----------------------------------------------------------------------------------------


class StopError(Exception):
    pass


def stop_after(monkeypatch, parts):
    """Let only so many parts be written."""
    written = []
    write = stored_module.Folder.write

    def counted(self, name, tables):
        if len(written) == parts:
            raise StopError
        written.append(name)
        write(self, name, tables)

    monkeypatch.setattr(stored_module.Folder, "write", counted)
    return written


@pytest.mark.parametrize("parts", [0, 1, 11, 13])
def test_a_stopped_audit_goes_on_and_gives_the_same_file(
    parts, small_pieces, tmp_path, monkeypatch
):
    options = models(scales=["knn:9", "300km"], permutations=9, fdr=0.3)
    whole, stopped = tmp_path / "whole.parquet", tmp_path / "stopped.parquet"
    geobias.score(world(), **options, output=whole)
    with monkeypatch.context() as patch:
        stop_after(patch, parts)
        with pytest.raises(StopError):
            geobias.score(world(), **options, output=stopped)
    assert not stopped.exists()
    with monkeypatch.context() as patch:
        written = stop_after(patch, 1000)
        geobias.score(world(), **options, output=stopped)
    assert len(written) == 22 - parts
    assert stopped.read_bytes() == whole.read_bytes()


def test_finished_tests_are_not_made_again(small_pieces, tmp_path, monkeypatch):
    options = models(scales=["knn:9", "300km"], permutations=9)
    target = tmp_path / "scores.parquet"
    with monkeypatch.context() as patch:
        stop_after(patch, 12)
        with pytest.raises(StopError):
            geobias.score(world(), **options, output=target)
    tested = []
    means = geobias.survey.Survey.means

    def counted(self, scale, *rest):
        tested.append(scale.name)
        return means(self, scale, *rest)

    monkeypatch.setattr("geobias.survey.Survey.means", counted)
    geobias.score(world(), **options, output=target)
    assert tested == ["300km"]


def test_a_stopped_audit_goes_on_with_pieces_of_its_own_size(tmp_path, monkeypatch):
    target, whole = tmp_path / "scores.parquet", tmp_path / "whole.parquet"
    monkeypatch.setattr(stored_module, "MOST_PLACES", 17)
    geobias.score(world(), **models(scales="knn:9"), output=whole)
    with monkeypatch.context() as patch:
        stop_after(patch, 3)
        with pytest.raises(StopError):
            geobias.score(world(), **models(scales="knn:9"), output=target)
    monkeypatch.setattr(stored_module, "MOST_PLACES", 50)
    geobias.score(world(), **models(scales="knn:9"), output=target, memory="100MB", threads=1)
    assert target.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scales": "knn:10"}, "it differs in settings: scales"),
        ({"preset": "pygbs"}, "it differs in settings: preset"),
        ({"correct": "good"}, "it differs in input: sha256"),
    ],
)
def test_another_audit_does_not_go_on_with_what_is_there(
    change, words, small_pieces, tmp_path, monkeypatch
):
    target = tmp_path / "scores.parquet"
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        with pytest.raises(StopError):
            geobias.score(world(), **models(scales="knn:9"), output=target)
    with pytest.raises(GeoBiasError, match=words):
        geobias.score(world(), **{**models(scales="knn:9"), **change}, output=target)
    assert len(list((tmp_path / "scores.parquet.parts").glob("knn-9-*"))) == 2
    geobias.score(world(), **models(scales="knn:9"), output=target)


def test_an_audit_does_not_go_on_with_other_groups(small_pieces, tmp_path, monkeypatch):
    target, table = tmp_path / "scores.parquet", world().assign(group=range(120))
    options = models(scales="knn:9", permutations=9, within="group")
    table["group"] %= 3
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        with pytest.raises(StopError):
            geobias.score(table, **options, output=target)
    table["group"] = sorted(table["group"])
    with pytest.raises(GeoBiasError, match="it differs in rows, sites and groups"):
        geobias.score(table, **options, output=target)


def test_an_audit_does_not_go_on_with_other_row_numbers(small_pieces, tmp_path, monkeypatch):
    target, table = tmp_path / "scores.parquet", world()
    lost = table.iloc[:1].assign(lat=float("nan"))
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        with pytest.raises(StopError):
            geobias.score(pd.concat([table, lost]), **models(scales="knn:9"), output=target)
    with pytest.raises(GeoBiasError, match="it differs in rows, sites and groups"):
        geobias.score(pd.concat([lost, table]), **models(scales="knn:9"), output=target)


def test_an_audit_finds_its_file_from_another_folder(small_pieces, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    audit = geobias.score(world(), **models(scales="knn:9"), output="scores.parquet")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(audit.samples) == 240


@pytest.mark.parametrize("damaged", ["knn-9-00000.parquet", "knn-9-chance.npy"])
@pytest.mark.parametrize("left", [0, 50])
def test_a_damaged_part_is_named_and_made_anew(damaged, left, small_pieces, tmp_path, monkeypatch):
    options = models(scales=["knn:9", "300km"], permutations=9)
    whole, target = tmp_path / "whole.parquet", tmp_path / "scores.parquet"
    geobias.score(world(), **options, output=whole)
    with monkeypatch.context() as patch:
        stop_after(patch, 12)
        with pytest.raises(StopError):
            geobias.score(world(), **options, output=target)
    part = tmp_path / "scores.parquet.parts" / damaged
    part.write_bytes(part.read_bytes()[:left])
    with pytest.raises(GeoBiasError, match=f"{damaged} is damaged: delete it"):
        geobias.score(world(), **options, output=target)
    part.unlink()
    geobias.score(world(), **options, output=target)
    assert target.read_bytes() == whole.read_bytes()


def test_a_folder_is_refused_as_output_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_module.Stored, "keep", None)
    with pytest.raises(GeoBiasError, match="it is a folder"):
        geobias.score(world(), **models(scales="knn:9"), output=tmp_path)


def test_pieces_are_smaller_where_there_is_less_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_module, "_PLACE_BYTES", 400_000)
    written = stop_after(monkeypatch, 1000)
    held = geobias.score(world(), **models(scales="knn:9"))
    assert_same(held, geobias.score(world(), **models(scales="knn:9"), memory="50MB"))
    assert len(written) == 8


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    folder = tmp_path / "scores.parquet.parts"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(GeoBiasError, match="holds something else"):
        geobias.score(world(), **models(scales="knn:9"), output=tmp_path / "scores.parquet")
    (folder / "plan.json").write_text('{"audit": ')
    with pytest.raises(GeoBiasError, match=r"plan\.json cannot be read"):
        geobias.score(world(), **models(scales="knn:9"), output=tmp_path / "scores.parquet")
    assert (folder / "mine.txt").exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there are no signals here")
def test_a_killed_process_leaves_parts_from_which_the_next_goes_on(tmp_path):
    whole, killed = tmp_path / "whole.parquet", tmp_path / "killed.parquet"
    script = textwrap.dedent("""
        import sys
        import geobias
        from geobias.keeping import stored

        stored.MOST_PLACES = 40
        table = geobias.simulate.world("patches-500km", n=2000, gap=0.3)
        geobias.score(table, correct="correct", scales=["knn:50", "500km"], output=sys.argv[1])
    """)
    run = [sys.executable, "-P", "-c", script]
    with subprocess.Popen([*run, str(killed)]) as child:
        parts = tmp_path / "killed.parquet.parts"
        while len(list(parts.glob("*.parquet"))) < 5 and child.poll() is None:
            time.sleep(0.005)
        child.kill()
    assert not killed.exists()
    begun = len(list(parts.glob("[!.]*.parquet")))
    assert 0 < begun < 100
    subprocess.run([*run, str(killed)], check=True)
    subprocess.run([*run, str(whole)], check=True)
    assert killed.read_bytes() == whole.read_bytes()


# --- Disks ----------------------------------------------------------------------------------------


def full_after(monkeypatch, parts):
    """Let the disk be full after so many parts."""
    write = stored_module.Folder.write
    written = []

    def filling(self, name, tables):
        if len(written) < parts:
            written.append(name)
            return write(self, name, tables)

        class Full(pq.ParquetWriter):
            def write_table(self, *_, **__):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr("pyarrow.parquet.ParquetWriter", Full)
            return write(self, name, tables)

    monkeypatch.setattr(stored_module.Folder, "write", filling)


def test_on_a_full_disk_nothing_half_written_is_taken_for_a_result(
    small_pieces, tmp_path, monkeypatch
):
    target, whole = tmp_path / "scores.parquet", tmp_path / "whole.parquet"
    geobias.score(world(), **models(scales="knn:9"), output=whole)
    with monkeypatch.context() as patch:
        full_after(patch, 4)
        with pytest.raises(GeoBiasError, match="No space left on device") as raised:
            geobias.score(world(), **models(scales="knn:9"), output=target)
    assert "make room and repeat" in str(raised.value)
    assert not target.exists()
    assert len(list((tmp_path / "scores.parquet.parts").iterdir())) == 2 + 4
    geobias.score(world(), **models(scales="knn:9"), output=target)
    assert target.read_bytes() == whole.read_bytes()


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(GeoBiasError, match="Cannot write"):
        geobias.score(world(), **models(scales="knn:9"), output=tmp_path / "no" / "scores.parquet")


# --- Memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "bytes_"),
    [("2GB", 2e9), ("512 MB", 512e6), ("1.5gib", 1.5 * 2**30), (10**9, 1e9), (".1TB", 1e11)],
)
def test_sizes_are_read(size, bytes_):
    assert parse_size(size) == int(bytes_)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("2 gigs", "A size is written"),
        ("GB", "A size is written"),
        ("-2GB", "A size is written"),
        (None, "A size is written"),
        (True, "A size is written"),
        (float("nan"), "A size is written"),
        ("1MB", "less than 50 MB"),
        (-5, "less than 50 MB"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(size, words):
    with pytest.raises(GeoBiasError, match=words):
        parse_size(size)


def test_sizes_are_spelled():
    assert [spelled_size(size) for size in (3, 12e6, 999e6, 2.45e9)] == [
        "1 MB", "12 MB", "999 MB", "2.5 GB",
    ]  # fmt: skip


def test_a_neighbourhood_that_does_not_fit_is_refused_in_words(monkeypatch):
    monkeypatch.setattr("geobias.ssi.engine._DEGREES_BYTES", 10**6)
    with pytest.raises(GeoBiasError, match=r"A neighbourhood of \d+ samples takes .* more than"):
        geobias.score(world(), **models(scales="5000km"), memory="50MB")


# --- Others ---------------------------------------------------------------------------------------


def test_two_runs_do_not_work_on_one_output(small_pieces, tmp_path, monkeypatch):
    target = tmp_path / "scores.parquet"
    refused = []
    write = stored_module.Folder.write

    def and_another(self, name, tables):
        if not refused:
            refused.append(True)
            with pytest.raises(GeoBiasError, match="Another run is at work"):
                geobias.score(world(), **models(scales="knn:9"), output=target)
        write(self, name, tables)

    monkeypatch.setattr(stored_module.Folder, "write", and_another)
    geobias.score(world(), **models(scales="knn:9"), output=target)
    assert refused
    assert len(pd.read_parquet(target)) == 240
    geobias.score(world(), **models(scales="knn:10"), output=target)


def test_an_audit_does_not_read_the_file_of_another(small_pieces, tmp_path):
    target = tmp_path / "scores.parquet"
    first = geobias.score(world(), **models(scales="knn:9"), output=target)
    geobias.score(world("polar"), **models(scales="knn:9"), output=target)
    with pytest.raises(GeoBiasError, match="is gone or was written anew"):
        _ = first.samples
    target.unlink()
    with pytest.raises(GeoBiasError, match="is gone or was written anew"):
        first.to_parquet(tmp_path / "copy.parquet")
    assert not (tmp_path / "copy.parquet").exists()


def test_what_an_interrupted_start_leaves_is_no_hindrance(small_pieces, tmp_path):
    folder = tmp_path / "scores.parquet.parts"
    folder.mkdir()
    (folder / ".plan.json.part").write_text('{"aud')
    geobias.score(world(), **models(scales="knn:9"), output=tmp_path / "scores.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_columns_are_read_when_they_are_looked_at_alone(small_pieces, monkeypatch):
    kept = []
    finish = stored_module.Stored.finish

    def looked_at(self, facts):
        read = []
        column = stored_module.Folder.column

        def counted(self, name, table, column_name):
            read.append(column_name)
            return column(self, name, table, column_name)

        with monkeypatch.context() as patch:
            patch.setattr(stored_module.Folder, "column", counted)
            columns = self.columns(Scale.parse("knn:9"), 0)
            assert "clustering" in columns
            assert "clustering_label" in columns
            assert "nothing" not in columns
            assert len(list(columns)) == len(columns)
            assert read == []
            _ = columns["clustering_label"]
            assert set(read) >= {"clustering_p", "clustering_z"}
        kept.append(True)
        finish(self, facts)

    monkeypatch.setattr(stored_module.Stored, "finish", looked_at)
    geobias.score(world(), **models(scales="knn:9", fdr=0.2), memory="100MB")
    assert kept
