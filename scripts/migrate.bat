@echo off
rem Written by 'migdocs init'. Migrates step by step, and asks at each one.
cd /d "%~dp0.."
migdocs migrate %*
exit /b %errorlevel%
