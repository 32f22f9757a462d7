"""What is installed: the project's rooms, and ``data/`` beside them as ``convnet_course_data``."""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["autograder*", "cs_utils*", "solutions*"]),
        "convnet_course_data",
    ],
    package_dir={"convnet_course_data": "data"},
    package_data={
        "autograder": [
            "releasing/student_readme.md",
            "judging/held_out/*.npz",
            "class_report/page.*",
            "kernels/without_*/**/*",
        ],
        "convnet_course_data": ["**/*"],
        "cs_utils": ["locale/*/LC_MESSAGES/*.mo"],
    },
)
