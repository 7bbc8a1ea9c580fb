"""Temporary files: their names, and values that hold one, are the same in every run."""

from __future__ import annotations

from executable_posts.running.in_kernel.fingerprint import fingerprint
from executable_posts.running.in_kernel.temporary import Names, Temporary


def test_temporary_names_are_the_same_in_every_run():
    names = Names()
    names.begin("unit")
    first = [next(names), next(names)]
    names.begin("another")
    assert next(names) not in first
    names.begin("unit")
    assert [next(names), next(names)] == first
    assert len(set(first)) == 2


def test_a_path_in_the_temporary_folder_has_the_same_fingerprint_in_every_run(tmp_path):
    from pathlib import Path

    def printed(folder):
        values = [
            f"{folder}/lunch-1/book.txt",
            Path(folder, "lunch-1"),
            [f"{folder}/lunch-1"],
            {"at": (folder,)},
        ]
        return [fingerprint(value, {}, temporary=Temporary(folder)) for value in values]

    one, two = printed("/tmp/one/tmp"), printed("/tmp/two/tmp")
    assert [p.digest for p in one] == [p.digest for p in two]
    assert [p.files for p in one] == [{"lunch-1"}, {"lunch-1"}, {"lunch-1"}, set()]
    assert fingerprint("/tmp/one/tmp", {}).digest != fingerprint("/tmp/two/tmp", {}).digest
